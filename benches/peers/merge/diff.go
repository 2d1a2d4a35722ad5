package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gotk.rs/peer-harness"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kubernetes "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
)

const uid = "5f2d6a10-0000-4000-8000-000000000001"

type operation struct {
	Op, Manager, Subresource string
	Force                    bool
	Object                   map[string]any
}

var (
	typed   = applyconfigurations.NewTypeConverter(scheme.Scheme)
	deduced = managedfields.NewDeducedTypeConverter()
)

// diffScript plays a script; the objects and errors it leads to are the answer.
func diffScript(line []byte) any {
	var input struct {
		Kind       string
		Operations []operation
	}
	if json.Unmarshal(line, &input) != nil || input.Operations == nil {
		return nil
	}
	answers := []any{}
	var live *unstructured.Unstructured
	for second, op := range input.Operations {
		// Reading it anew makes integers of whole numbers.
		object := parse(harness.Must(json.Marshal(op.Object)))
		written, err := write(live, object, op)
		if err != nil {
			answers = append(answers, map[string]any{"error": words(err)})
			continue
		}
		written.SetUID(uid)
		// The clock is not ours to set: what was written now was written in this second.
		managed := written.GetManagedFields()
		for i := range managed {
			if managed[i].Time != nil && managed[i].Time.Year() > 2000 {
				now := metav1.NewTime(time.Unix(946_684_801+int64(second), 0))
				managed[i].Time = &now
			}
		}
		written.SetManagedFields(managed)
		live = written
		answers = append(answers, live.DeepCopy().Object)
	}
	return answers
}

func write(live, object *unstructured.Unstructured, op operation) (*unstructured.Unstructured, error) {
	kind := object.GroupVersionKind()
	types := typed
	if !scheme.Scheme.Recognizes(kind) {
		types = deduced
	}
	manager, err := managedfields.NewDefaultFieldManager(types, oneVersion{}, oneVersion{}, oneVersion{}, kind,
		schema.GroupVersion{Group: kind.Group, Version: kind.Version}, op.Subresource, nil)
	harness.Check(err)
	before := live
	if live == nil {
		before = &unstructured.Unstructured{}
		before.SetGroupVersionKind(kind)
	}
	before = before.DeepCopy()
	var result kubernetes.Object
	if op.Op == "apply" {
		result, err = manager.Apply(before, object, op.Manager, op.Force)
	} else {
		if live != nil {
			object.SetUID(uid)
		}
		result, err = manager.Update(before, object, op.Manager)
	}
	if err != nil {
		return nil, err
	}
	return result.(*unstructured.Unstructured), nil
}

// words of an error: causes for conflicts, "type" for type errors, whose order is random.
func words(err error) any {
	var status *apierrors.StatusError
	if errors.As(err, &status) && status.ErrStatus.Details != nil {
		told := []string{}
		for _, cause := range status.ErrStatus.Details.Causes {
			told = append(told, fmt.Sprintf("%q %q", cause.Field, cause.Message))
		}
		slices.Sort(told)
		return told
	}
	if strings.Contains(err.Error(), "typed") {
		return "type"
	}
	return []string{err.Error()}
}
