package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/fluxcd/cli-utils/pkg/object"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/jsondiff"
	"github.com/fluxcd/pkg/ssa/normalize"
)

// Scenario is one document of a scenario file; ssa/tests/scenarios/README.md says what it means.
type Scenario struct {
	Name    string              `json:"name"`
	Differs string              `json:"differs"`
	For     []map[string]string `json:"for"`
	Steps   []Step              `json:"steps"`
}

type Step struct {
	// One of these.
	Apply    []map[string]any `json:"apply"`
	Edit     string           `json:"edit"`
	Teardown bool             `json:"teardown"`

	// Of an apply.
	Set    string       `json:"set"`
	Force  bool         `json:"force"`
	Keep   bool         `json:"keep"`
	Ignore []IgnoreRule `json:"ignore"`
	Early  []string     `json:"early"`
	// Migrate turns the feature gate MigrateAPIVersion on.
	Migrate bool `json:"migrate"`

	// Of an edit.
	By     string         `json:"by"`
	Object map[string]any `json:"object"`
	Patch  []any          `json:"patch"`
	Until  string         `json:"until"`
	Unseen bool           `json:"unseen"`
}

type IgnoreRule struct {
	Paths  []string           `json:"paths"`
	Target *jsondiff.Selector `json:"target"`
}

// Outcome is one line of a golden file.
type Outcome struct {
	Name    string         `json:"name"`
	Steps   []StepOutcome  `json:"steps"`
	Objects map[string]any `json:"objects"`
}

type StepOutcome struct {
	Changes []string `json:"changes,omitempty"`
	Deleted []string `json:"deleted,omitempty"`
	Error   string   `json:"error,omitempty"`
}

func scenarios(kubeconfig, folder string) error {
	config, err := configuration(kubeconfig)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return err
	}
	for number, file := range files {
		all, err := readScenarios(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		outcomes := make([]Outcome, len(all))
		failures := make([]error, len(all))
		var group sync.WaitGroup
		slots := make(chan struct{}, 6)
		for i, text := range all {
			group.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				engine, err := newEngine(config)
				if err == nil {
					outcomes[i], err = engine.perform(fmt.Sprintf("go%x-%02d%03d", time.Now().Unix(), number, i), text)
				}
				failures[i] = err
			})
		}
		group.Wait()
		var golden strings.Builder
		for i, outcome := range outcomes {
			if failures[i] != nil {
				return fmt.Errorf("%s: %w", file, failures[i])
			}
			line, err := json.Marshal(outcome)
			if err != nil {
				return err
			}
			golden.Write(line)
			golden.WriteByte('\n')
		}
		path := strings.TrimSuffix(file, ".yaml") + ".golden.jsonl"
		if err := os.WriteFile(path, []byte(golden.String()), 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %d scenarios\n", path, len(outcomes))
	}
	return nil
}

// readScenarios returns the text of every scenario, with the rows of its table filled in.
func readScenarios(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, document := range strings.Split(string(text), "\n---\n") {
		var scenario struct {
			For []map[string]string `json:"for"`
		}
		if err := yaml.Unmarshal([]byte(document), &scenario); err != nil {
			return nil, err
		}
		if len(scenario.For) == 0 {
			all = append(all, document)
		}
		for _, row := range scenario.For {
			filled := document
			for _, key := range longestFirst(row) {
				filled = strings.ReplaceAll(filled, "$"+key, row[key])
			}
			all = append(all, filled)
		}
	}
	return all, nil
}

func longestFirst(row map[string]string) []string {
	keys := slices.Collect(maps.Keys(row))
	slices.SortFunc(keys, func(a, b string) int { return len(b) - len(a) })
	return keys
}

// run is a scenario under way in its own namespace.
type run struct {
	*Engine
	namespace   string
	inventories map[string]object.ObjMetadataSet
	versions    map[object.ObjMetadata]string
	touched     []*unstructured.Unstructured
}

func (e *Engine) perform(namespace, text string) (Outcome, error) {
	var scenario Scenario
	text = strings.ReplaceAll(text, "$ns", namespace)
	if err := yaml.UnmarshalStrict([]byte(text), &scenario); err != nil {
		return Outcome{}, err
	}
	ctx := context.Background()
	space := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": namespace},
	}}
	if err := e.client.Create(ctx, space, client.FieldOwner("scenario")); err != nil {
		return Outcome{}, err
	}
	r := &run{Engine: e, namespace: namespace, inventories: map[string]object.ObjMetadataSet{}, versions: map[object.ObjMetadata]string{}}
	outcome := Outcome{Name: scenario.Name}
	for number, step := range scenario.Steps {
		done, err := r.step(ctx, step)
		if err != nil {
			return outcome, fmt.Errorf("%s, step %d: %w", scenario.Name, number+1, err)
		}
		outcome.Steps = append(outcome.Steps, done)
	}
	objects, err := r.state(ctx)
	outcome.Objects = objects
	return r.anonymous(outcome), err
}

func (r *run) step(ctx context.Context, step Step) (StepOutcome, error) {
	switch {
	case step.Teardown:
		return r.teardown(ctx, step), nil
	case step.Edit != "":
		return StepOutcome{}, r.edit(ctx, step)
	default:
		return r.apply(ctx, step), nil
	}
}

// place gives an object its namespace, unless its kind has none or it says one itself.
func (r *run) place(object map[string]any) *unstructured.Unstructured {
	placed := (&unstructured.Unstructured{Object: object}).DeepCopy()
	metadata, _ := placed.Object["metadata"].(map[string]any)
	if _, says := metadata["namespace"]; !says && !clusterWide[placed.GetKind()] {
		placed.SetNamespace(r.namespace)
	}
	return placed
}

var clusterWide = map[string]bool{
	"ClusterRole": true, "ClusterRoleBinding": true, "ClusterThing": true, "CustomResourceDefinition": true,
	"IngressClass": true, "Namespace": true, "PersistentVolume": true, "PriorityClass": true, "RuntimeClass": true,
	"StorageClass": true, "MutatingWebhookConfiguration": true, "ValidatingWebhookConfiguration": true,
}

func (r *run) touch(o *unstructured.Unstructured) {
	r.touched = append(r.touched, o.DeepCopy())
}

func (step Step) owner() string {
	if step.Set == "" {
		return "app"
	}
	return step.Set
}

func (r *run) apply(ctx context.Context, step Step) StepOutcome {
	var objects []*unstructured.Unstructured
	for _, o := range step.Apply {
		placed := r.place(o)
		r.touch(placed)
		objects = append(objects, placed)
	}
	var outcome StepOutcome
	r.manager.SetOwnerLabels(objects, step.owner(), r.namespace)
	if err := normalize.UnstructuredList(objects); err != nil {
		outcome.Error = err.Error()
		return outcome
	}
	changes, err := r.manager.ApplyAllStaged(ctx, objects, applyOptions(step))
	for _, change := range changes.Entries {
		outcome.Changes = append(outcome.Changes, change.String())
	}
	if err != nil {
		outcome.Error = err.Error()
		return outcome
	}
	for _, change := range changes.Entries {
		r.versions[change.ObjMetadata] = change.GroupVersion
	}
	old, now := r.inventories[step.owner()], changes.ToObjMetadataSet()
	r.inventories[step.owner()] = now
	if !step.Keep {
		r.remove(ctx, step, old.Diff(now), &outcome)
	}
	return outcome
}

func (r *run) teardown(ctx context.Context, step Step) StepOutcome {
	var outcome StepOutcome
	r.remove(ctx, step, r.inventories[step.owner()], &outcome)
	delete(r.inventories, step.owner())
	return outcome
}

func (r *run) remove(ctx context.Context, step Step, stale object.ObjMetadataSet, outcome *StepOutcome) {
	var objects []*unstructured.Unstructured
	for _, id := range stale {
		o := &unstructured.Unstructured{}
		o.SetGroupVersionKind(id.GroupKind.WithVersion(r.versions[id]))
		o.SetNamespace(id.Namespace)
		o.SetName(id.Name)
		objects = append(objects, o)
	}
	options := ssa.DeleteOptions{
		PropagationPolicy: metav1.DeletePropagationBackground,
		Inclusions:        r.manager.GetOwnerLabels(step.owner(), r.namespace),
		Exclusions: map[string]string{
			group + "/prune":     "disabled",
			group + "/reconcile": "disabled",
			group + "/ssa":       "Ignore",
		},
	}
	changes, err := r.manager.DeleteAll(ctx, objects, options)
	for _, change := range changes.Entries {
		outcome.Deleted = append(outcome.Deleted, change.String())
	}
	if err != nil {
		outcome.Error = err.Error()
	}
}

// applyOptions are those of kustomize-controller 1.9.
func applyOptions(step Step) ssa.ApplyOptions {
	options := ssa.DefaultApplyOptions()
	options.WaitInterval = 200 * time.Millisecond
	options.Force = step.Force
	options.MigrateAPIVersion = step.Migrate
	options.ForceSelector = map[string]string{group + "/force": "Enabled"}
	options.ExclusionSelector = map[string]string{group + "/reconcile": "Disabled", group + "/ssa": "Ignore"}
	options.IfNotPresentSelector = map[string]string{group + "/ssa": "IfNotPresent"}
	options.Cleanup = ssa.ApplyCleanupOptions{
		Annotations: []string{
			"kubectl.kubernetes.io/last-applied-configuration",
			group + "/checksum",
			"fluxcd.io/sync-checksum",
		},
		Labels: []string{"fluxcd.io/sync-gc-mark"},
		FieldManagers: []ssa.FieldManager{
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationApply},
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: "before-first-apply", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: controller, OperationType: metav1.ManagedFieldsOperationUpdate},
		},
		Exclusions: map[string]string{group + "/ssa": "Merge"},
	}
	for _, rule := range step.Ignore {
		options.DriftIgnoreRules = append(options.DriftIgnoreRules, jsondiff.IgnoreRule{Paths: rule.Paths, Selector: rule.Target})
	}
	for _, early := range step.Early {
		if options.CustomStageKinds == nil {
			options.CustomStageKinds = map[schema.GroupKind]struct{}{}
		}
		options.CustomStageKinds[schema.ParseGroupKind(early)] = struct{}{}
	}
	return options
}

// edit is what somebody else does.
func (r *run) edit(ctx context.Context, step Step) error {
	o := r.place(step.Object)
	if step.Edit == "probe" {
		return r.probe(ctx, o, step.Until)
	}
	if !step.Unseen {
		r.touch(o)
	}
	owner := client.FieldOwner(step.By)
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	switch step.Edit {
	case "create":
		return r.client.Create(ctx, o, owner)
	case "apply":
		return r.client.Patch(ctx, o, client.RawPatch(types.ApplyPatchType, body), owner, client.ForceOwnership)
	case "merge":
		return r.client.Patch(ctx, o, client.RawPatch(types.MergePatchType, body), owner)
	case "json":
		patch, err := json.Marshal(step.Patch)
		if err != nil {
			return err
		}
		return r.client.Patch(ctx, o, client.RawPatch(types.JSONPatchType, patch), owner)
	case "status":
		return r.client.Status().Patch(ctx, o, client.RawPatch(types.MergePatchType, body), owner)
	case "delete":
		return r.client.Delete(ctx, o, client.PropagationPolicy(metav1.DeletePropagationBackground))
	default:
		return fmt.Errorf("an edit is not called %q", step.Edit)
	}
}

// probe waits until an object, were it created, would have a field in its spec: a server takes a moment
// to serve what a definition says.
func (r *run) probe(ctx context.Context, o *unstructured.Unstructured, field string) error {
	for range 600 {
		answer := o.DeepCopy()
		if err := r.client.Create(ctx, answer, client.DryRunAll); err == nil {
			if _, found, _ := unstructured.NestedFieldNoCopy(answer.Object, "spec", field); found {
				return nil
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("%s never had the field %s", o.GetName(), field)
}
