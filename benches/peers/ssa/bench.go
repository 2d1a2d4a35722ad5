package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/normalize"
	"github.com/fluxcd/pkg/ssa/utils"
)

// counting counts the requests of a client by verb, without discovery.
type counting struct {
	next  http.RoundTripper
	verbs *verbs
}

type verbs struct {
	mutex  sync.Mutex
	counts map[string]int
}

func (c counting) RoundTrip(request *http.Request) (*http.Response, error) {
	if strings.Contains(request.URL.Path, "/namespaces/") {
		c.verbs.add(verb(request))
	}
	return c.next.RoundTrip(request)
}

func (v *verbs) add(verb string) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.counts[verb]++
}

// taken are the counts since they were taken last.
func (v *verbs) taken() map[string]int {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	counts := v.counts
	v.counts = map[string]int{}
	return counts
}

func verb(request *http.Request) string {
	verb := strings.ToLower(request.Method)
	if strings.HasPrefix(request.Header.Get("Content-Type"), "application/apply-patch") {
		verb = "apply"
	}
	if request.URL.Query().Has("dryRun") {
		verb += " (dry-run)"
	}
	return verb
}

// bench applies the objects of a file twice; the first run of a set finds all of them new.
func bench(kubeconfig, file, namespace string) error {
	config, err := configuration(kubeconfig)
	if err != nil {
		return err
	}
	counts := &verbs{counts: map[string]int{}}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return counting{next, counts} })
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
		cost, err := apply(ctx, engine, copies(objects), namespace, counts)
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
func apply(ctx context.Context, engine *Engine, objects []*unstructured.Unstructured, namespace string, counts *verbs) (map[string]any, error) {
	before, start := cpu(), time.Now()
	counts.taken()
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
		"verbs": counts.taken(), "cpu_ms": float64((cpu() - before).Microseconds()) / 1000,
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
