package oracle

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/fluxcd/pkg/runtime/reconcile"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// step is one operation on an object's conditions.
type step struct {
	Op        string            `json:"op"`
	Condition *metav1.Condition `json:"condition"`
	Type      string            `json:"type"`
	Reason    string            `json:"reason"`
	Message   string            `json:"message"`
	Seconds   int               `json:"seconds"`
	Value     int64             `json:"value"`
	Drift     bool              `json:"drift"`
	Target    string            `json:"target"`
	Options   merge             `json:"options"`
	From      []json.RawMessage `json:"from"`
	Fallback  *bool             `json:"fallback"`
	Before    json.RawMessage   `json:"before"`
	After     json.RawMessage   `json:"after"`
	Owned     []string          `json:"owned"`
	Force     bool              `json:"force"`
}

type merge struct {
	Only        []string `json:"only"`
	Abnormal    []string `json:"abnormal"`
	Count       bool     `json:"count"`
	CountIfOnly []string `json:"countIfOnly"`
	Steps       bool     `json:"steps"`
	StepsIfOnly []string `json:"stepsIfOnly"`
	Origin      bool     `json:"origin"`
	OriginIfAny []string `json:"originIfAny"`
	Latest      bool     `json:"latest"`
}

func (m merge) options() (options []conditions.MergeOption) {
	add := func(wanted bool, option conditions.MergeOption) {
		if wanted {
			options = append(options, option)
		}
	}
	add(m.Only != nil, conditions.WithConditions(m.Only...))
	add(m.Abnormal != nil, conditions.WithNegativePolarityConditions(m.Abnormal...))
	add(m.Count, conditions.WithCounter())
	add(m.CountIfOnly != nil, conditions.WithCounterIfOnly(m.CountIfOnly...))
	add(m.Steps, conditions.WithStepCounter())
	add(m.StepsIfOnly != nil, conditions.WithStepCounterIfOnly(m.StepsIfOnly...))
	add(m.Origin, conditions.WithSourceRef())
	add(m.OriginIfAny != nil, conditions.WithSourceRefIf(m.OriginIfAny...))
	add(m.Latest, conditions.WithLatestGeneration())
	return options
}

func runScript(object, ops json.RawMessage) map[string]any {
	var steps []step
	if err := json.Unmarshal(ops, &steps); err != nil {
		panic(err)
	}
	u := parse(object)
	to := conditions.UnstructuredSetter(u)
	var failures []string
	for _, step := range steps {
		if err := step.run(u, to); err != nil {
			failures = append(failures, err.Error())
			break
		}
	}
	found := []any{}
	if list, ok, _ := unstructured.NestedSlice(u.Object, "status", "conditions"); ok {
		found = list
	}
	return map[string]any{
		"conditions": found, "failures": failures,
		"ready": conditions.IsReady(to), "stalled": conditions.IsStalled(to), "reconciling": conditions.IsReconciling(to),
	}
}

func (s step) run(u *unstructured.Unstructured, to conditions.Setter) error {
	switch s.Op {
	case "tick":
		time.Sleep(time.Duration(s.Seconds) * time.Second)
	case "generation":
		u.SetGeneration(s.Value)
	case "set":
		conditions.Set(to, s.Condition)
	case "remove":
		conditions.Delete(to, s.Type)
	case "reconciling":
		conditions.MarkReconciling(to, s.Reason, "%s", s.Message)
	case "stalled":
		conditions.MarkStalled(to, s.Reason, "%s", s.Message)
	case "progress":
		reconcile.ProgressiveStatus(s.Drift, to, s.Reason, "%s", s.Message)
	case "summary":
		conditions.SetSummary(to, s.Target, s.Options.options()...)
	case "aggregate":
		var from []conditions.Getter
		for _, object := range s.From {
			from = append(from, conditions.UnstructuredGetter(parse(object)))
		}
		conditions.SetAggregate(to, s.Target, from, s.Options.options()...)
	case "mirror":
		var options []conditions.MirrorOptions
		if s.Fallback != nil {
			options = append(options, conditions.WithFallbackValue(*s.Fallback, s.Reason, s.Message))
		}
		conditions.SetMirror(to, s.Target, conditions.UnstructuredGetter(parse(s.From[0])), options...)
	case "patch":
		before, after := conditions.UnstructuredGetter(parse(s.Before)), conditions.UnstructuredGetter(parse(s.After))
		return conditions.NewPatch(before, after).Apply(to, conditions.WithOwnedConditions(s.Owned...), conditions.WithForceOverwrite(s.Force))
	default:
		return fmt.Errorf("no such operation: %s", s.Op)
	}
	return nil
}

func parse(object json.RawMessage) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(object); err != nil {
		panic(err)
	}
	return u
}
