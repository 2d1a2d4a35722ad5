package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// state is every object that a step was about, as it is now; null if it is not there.
func (r *run) state(ctx context.Context) (map[string]any, error) {
	objects := map[string]any{}
	for _, touched := range r.touched {
		gvk := touched.GroupVersionKind()
		name := fmt.Sprintf("%s %s/%s/%s", touched.GetAPIVersion(), gvk.Kind, touched.GetNamespace(), touched.GetName())
		live := &unstructured.Unstructured{}
		live.SetGroupVersionKind(gvk)
		err := r.client.Get(ctx, client.ObjectKeyFromObject(touched), live)
		switch {
		case touched.GetNamespace() == "" && !clusterWide[gvk.Kind]:
			objects[name] = nil // no path leads there
		case apierrors.IsNotFound(err) || meta.IsNoMatchError(err):
			objects[name] = nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		case live.GetDeletionTimestamp() != nil && slices.Contains(live.GetFinalizers(), "customresourcecleanup.apiextensions.k8s.io"):
			objects[name] = nil // the server is about to remove it
		default:
			objects[name] = comparable(live.Object)
		}
	}
	return objects, nil
}

// comparable leaves out what differs from run to run.
func comparable(object map[string]any) map[string]any {
	metadata := object["metadata"].(map[string]any)
	delete(metadata, "uid")
	delete(metadata, "resourceVersion")
	delete(metadata, "creationTimestamp")
	if entries, ok := metadata["managedFields"].([]any); ok {
		for _, entry := range entries {
			delete(entry.(map[string]any), "time")
		}
		// The server sorts them by time first.
		sort.SliceStable(entries, func(i, j int) bool { return key(entries[i]) < key(entries[j]) })
	}
	if spec, ok := object["spec"].(map[string]any); ok && object["kind"] == "Service" && spec["clusterIP"] != "None" {
		delete(spec, "clusterIP")
		delete(spec, "clusterIPs")
	}
	return object
}

func key(entry any) string {
	fields := entry.(map[string]any)
	return fmt.Sprint(fields["manager"], fields["operation"], fields["subresource"], fields["apiVersion"])
}

var (
	times = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	uids  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// anonymous is an outcome without the name of its namespace, times and uids.
func (r *run) anonymous(outcome Outcome) Outcome {
	text, err := json.Marshal(outcome)
	if err != nil {
		return outcome
	}
	plain := strings.ReplaceAll(string(text), r.namespace, "$ns")
	plain = times.ReplaceAllString(plain, "$$time")
	plain = uids.ReplaceAllString(plain, "$$uid")
	var anonymous Outcome
	if json.Unmarshal([]byte(plain), &anonymous) != nil {
		return outcome
	}
	return anonymous
}
