package oracle

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/fluxcd/pkg/runtime/conditions/check"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kerrors "k8s.io/apimachinery/pkg/util/errors"
)

// rules by the beginning of what is said when they are broken: the original names them in its code only.
var rules = [][2]string{
	{"FAIL0001", "Negative polarity condition cannot be True"},
	{"FAIL0002", "Ready condition must always be present"},
	{"FAIL0003", "Ready condition must be False when Reconciling"},
	{"FAIL0004", "Ready condition must be False when Stalled"},
	{"FAIL0005", "Only one of Reconciling"},
	{"FAIL0006", "The ObservedGeneration must be less"},
	{"FAIL0007", "Ready condition must be False when the ObservedGeneration"},
	{"FAIL0008", "Ready condition must be False when any"},
	{"FAIL0009", "The status conditions' ObservedGenerations"},
	{"FAIL0011", "A mid-reconciliation patched status"},
	{"WARN0001", "Negative polarity condition present"},
	{"WARN0002", "Ready condition should have the value"},
	{"WARN0003", "Reconciling condition can be removed"},
	{"WARN0004", "Stalled condition can be removed"},
	{"WARN0005", "Missing ObservedGeneration"},
}

// lint answers with the names of the rules that are broken and what they are broken by.
func lint(object, lint json.RawMessage) map[string]any {
	var options struct {
		Abnormal   []string `json:"abnormal"`
		InProgress bool     `json:"inProgress"`
	}
	u := &unstructured.Unstructured{}
	if json.Unmarshal(lint, &options) != nil || u.UnmarshalJSON(object) != nil {
		return map[string]any{"decodeError": true}
	}
	checker := check.NewChecker(nil, &check.Conditions{NegativePolarity: options.Abnormal})
	if options.InProgress {
		checker = check.NewInProgressChecker(nil)
	}
	checker.DisableFetch = true
	fail, warn := checker.Check(context.Background(), conditions.UnstructuredGetter(u))
	return map[string]any{"findings": append(named(fail), named(warn)...)}
}

func named(err error) []string {
	found := []string{}
	aggregate, ok := err.(kerrors.Aggregate)
	if !ok {
		return found
	}
	for _, err := range aggregate.Errors() {
		for _, rule := range rules {
			if strings.HasPrefix(err.Error(), rule[1]) {
				found = append(found, rule[0]+by(err.Error()))
			}
		}
	}
	return found
}

// by are the conditions between the brackets at the end, or after the inequality.
func by(message string) string {
	if _, rest, found := strings.Cut(message, "Ready != "); found {
		kind, _, _ := strings.Cut(rest, "\n")
		return ": " + kind
	}
	_, list, found := strings.Cut(message, ": [")
	if !found {
		return ""
	}
	return ": " + strings.ReplaceAll(strings.TrimSuffix(list, "]"), " ", ", ")
}
