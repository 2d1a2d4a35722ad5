// Flux's apply engine (fluxcd/pkg/ssa), driven as kustomize-controller drives it.
//
//	ssa scenarios KUBECONFIG FOLDER   performs FOLDER/*.yaml, writes FOLDER/*.golden.jsonl
//	ssa bench KUBECONFIG FILE NAMESPACE   applies the objects of a file, prints what it cost
package main

import (
	"fmt"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/pkg/ssa"
)

const (
	controller = "kustomize-controller"
	group      = "kustomize.toolkit.fluxcd.io"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "scenarios":
		return scenarios(args[1], args[2])
	case len(args) == 4 && args[0] == "bench":
		return bench(args[1], args[2], args[3])
	default:
		return fmt.Errorf("usage: ssa scenarios KUBECONFIG FOLDER | ssa bench KUBECONFIG FILE NAMESPACE")
	}
}

// Engine is what a controller has one of.
type Engine struct {
	client  client.Client
	manager *ssa.ResourceManager
}

func configuration(kubeconfig string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	return config, nil
}

func newEngine(config *rest.Config) (*Engine, error) {
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	mapper, err := apiutil.NewDynamicRESTMapper(config, http)
	if err != nil {
		return nil, err
	}
	c, err := client.New(config, client.Options{Mapper: mapper, HTTPClient: http})
	if err != nil {
		return nil, err
	}
	poller := polling.NewStatusPoller(c, mapper, polling.Options{})
	manager := ssa.NewResourceManager(c, poller, ssa.Owner{Field: controller, Group: group})
	manager.SetConcurrency(4)
	return &Engine{client: c, manager: manager}, nil
}
