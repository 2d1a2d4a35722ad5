package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/normalize"
	"github.com/fluxcd/pkg/ssa/utils"
)

// counting counts the requests of a client, without discovery.
type counting struct {
	next  http.RoundTripper
	count *atomic.Int64
}

func (c counting) RoundTrip(request *http.Request) (*http.Response, error) {
	if strings.Contains(request.URL.Path, "/namespaces/") {
		c.count.Add(1)
	}
	return c.next.RoundTrip(request)
}

// bench applies the objects of a file twice; the first run of a set finds all of them new.
func bench(kubeconfig, file, namespace string) error {
	config, err := configuration(kubeconfig)
	if err != nil {
		return err
	}
	var count atomic.Int64
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return counting{next, &count} })
	text, err := os.Open(file)
	if err != nil {
		return err
	}
	defer text.Close()
	objects, err := utils.ReadObjects(text)
	if err != nil {
		return err
	}
	engine, err := newEngine(config)
	if err != nil {
		return err
	}
	ctx := context.Background()
	space := &unstructured.Unstructured{}
	space.SetAPIVersion("v1")
	space.SetKind("Namespace")
	// Connections and discovery are nobody's price.
	if err := engine.client.Get(ctx, client.ObjectKey{Name: namespace}, space); err != nil {
		return err
	}
	for _, o := range objects {
		o.SetNamespace(namespace)
	}
	var costs []map[string]any
	for range 2 {
		cost, err := apply(ctx, engine, copies(objects), namespace, &count)
		if err != nil {
			return err
		}
		costs = append(costs, cost)
	}
	line, err := json.Marshal(costs)
	fmt.Println(string(line))
	return err
}

// apply tells what it cost.
func apply(ctx context.Context, engine *Engine, objects []*unstructured.Unstructured, namespace string, count *atomic.Int64) (map[string]any, error) {
	before, start := cpu(), time.Now()
	count.Store(0)
	engine.manager.SetOwnerLabels(objects, "bench", namespace)
	if err := normalize.UnstructuredList(objects); err != nil {
		return nil, err
	}
	changes, err := engine.manager.ApplyAllStaged(ctx, objects, ssa.DefaultApplyOptions())
	if err != nil {
		return nil, err
	}
	byAction := map[ssa.Action]int{}
	for _, entry := range changes.Entries {
		byAction[entry.Action]++
	}
	return map[string]any{
		"requests": count.Load(), "cpu_ms": float64((cpu() - before).Microseconds()) / 1000,
		"wall_ms": float64(time.Since(start).Microseconds()) / 1000, "changes": byAction,
	}, nil
}

func copies(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	all := make([]*unstructured.Unstructured, len(objects))
	for i, o := range objects {
		all[i] = o.DeepCopy()
	}
	return all
}

func cpu() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
