// Writes what kustomize knows about Kubernetes into the two tables that gotk-kustomize is built with:
//
//	(cd hack/kustomize-facts && go run . ../../kustomize/src)
//
// schema/builtin.txt: which kinds are namespaced, and the fields that strategic merge treats as more
// than values, with the definitions that lead to them. fieldspec/builtin.txt: the default field specs.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
	sigs "sigs.k8s.io/yaml"
)

const api = "sigs.k8s.io/kustomize/api"

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: kustomize-facts FOLDER")
	}
	write(filepath.Join(os.Args[1], "schema/builtin.txt"), schema())
	write(filepath.Join(os.Args[1], "fieldspec/builtin.txt"), fieldSpecs())
}

func write(path string, lines []string) {
	head := "# Made by hack/kustomize-facts from " + version(api) + ". Not to be edited.\n"
	must(os.WriteFile(path, []byte(head+strings.Join(lines, "\n")+"\n"), 0o644))
}

// === Schema ===

type table struct {
	all   map[string]spec.Schema
	known map[string]bool // whether anything is to be told about a definition
}

func schema() []string {
	t := table{all: openapi.Schema().Definitions, known: map[string]bool{}}
	// A definition matters if one that matters can be reached, so look until nothing changes.
	for changed := true; changed; {
		changed = false
		for name, definition := range t.all {
			if !t.known[name] && len(t.fields(definition)) > 0 {
				t.known[name], changed = true, true
			}
		}
	}
	var lines, kinds []string
	for name, definition := range t.all {
		if t.known[name] {
			lines = append(lines, "type "+name+"\n"+strings.Join(t.fields(definition), "\n"))
		}
		for _, gvk := range gvks(definition) {
			scope := "?"
			if namespaced, found := openapi.IsNamespaceScoped(gvk); found {
				scope = map[bool]string{true: "namespaced", false: "cluster"}[namespaced]
			}
			of := name
			if !t.known[name] {
				of = "-"
			}
			kinds = append(kinds, fmt.Sprintf("kind %s %s %s %s", gvk.APIVersion, gvk.Kind, scope, of))
		}
	}
	for _, gvk := range precomputed() {
		namespaced, found := openapi.IsNamespaceScoped(gvk)
		if !found {
			log.Fatalf("no scope of %v", gvk)
		}
		scope := map[bool]string{true: "namespaced", false: "cluster"}[namespaced]
		kinds = append(kinds, fmt.Sprintf("fixed %s %s %s -", gvk.APIVersion, gvk.Kind, scope))
	}
	sort.Strings(lines)
	sort.Strings(kinds)
	return append(lines, kinds...)
}

// fields are those that matter: " name definition strategy keys", `-` for what there is not.
// Lists have the definition of their items, and `*` stands for the values of a map.
func (t table) fields(s spec.Schema) []string {
	var lines []string
	for name, field := range s.Properties {
		lines = append(lines, t.field(name, field)...)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		lines = append(lines, t.field("*", *s.AdditionalProperties.Schema)...)
	}
	sort.Strings(lines)
	return lines
}

func (t table) field(name string, field spec.Schema) []string {
	if len(field.Properties) > 0 {
		log.Fatalf("an inline definition at %s", name)
	}
	if field.AdditionalProperties != nil && field.AdditionalProperties.Schema != nil {
		if of := ref(*field.AdditionalProperties.Schema); t.known[of] {
			log.Fatalf("a map of definitions at %s", name)
		}
		return nil
	}
	isList := len(field.Type) == 1 && field.Type[0] == "array"
	if !isList {
		if of := ref(field); t.known[of] {
			return []string{fmt.Sprintf(" %s %s", name, of)}
		}
		return nil
	}
	strategy, keys := (&openapi.ResourceSchema{Schema: &field}).PatchStrategyAndKeyList()
	of := ""
	if field.Items != nil && field.Items.Schema != nil {
		of = ref(*field.Items.Schema)
		if of == "" && len(field.Items.Schema.Properties)+len(field.Items.Schema.Extensions) > 0 {
			log.Fatalf("inline items at %s", name)
		}
	}
	if !t.known[of] {
		of = "-"
	}
	if strategy == "" && of == "-" {
		return nil
	}
	if strategy == "" {
		strategy = "-"
	}
	return []string{strings.TrimRight(fmt.Sprintf(" %s %s %s %s", name, of, strategy, strings.Join(keys, ",")), " ")}
}

func ref(s spec.Schema) string {
	return strings.TrimPrefix(s.Ref.String(), "#/definitions/")
}

func gvks(s spec.Schema) []yaml.TypeMeta {
	var metas []yaml.TypeMeta
	list, _ := s.Extensions["x-kubernetes-group-version-kind"].([]interface{})
	for _, one := range list {
		gvk := one.(map[string]interface{})
		version := gvk["version"].(string)
		if group := gvk["group"].(string); group != "" {
			version = group + "/" + version
		}
		metas = append(metas, yaml.TypeMeta{APIVersion: version, Kind: gvk["kind"].(string)})
	}
	return metas
}

// precomputed are the kinds whose scope holds whatever schema is loaded.
func precomputed() []yaml.TypeMeta {
	var metas []yaml.TypeMeta
	inspect(filepath.Join(dir("sigs.k8s.io/kustomize/kyaml"), "openapi/openapi.go"), func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "precomputedIsNamespaceScoped" {
			return
		}
		for _, element := range spec.Values[0].(*ast.CompositeLit).Elts {
			var meta yaml.TypeMeta
			for _, field := range element.(*ast.KeyValueExpr).Key.(*ast.CompositeLit).Elts {
				pair := field.(*ast.KeyValueExpr)
				text, err := strconv.Unquote(pair.Value.(*ast.BasicLit).Value)
				must(err)
				if pair.Key.(*ast.Ident).Name == "Kind" {
					meta.Kind = text
				} else {
					meta.APIVersion = text
				}
			}
			metas = append(metas, meta)
		}
	})
	return metas
}

// === Field specs ===

type fieldSpec struct {
	Group, Version, Kind, Path string
	Create                     bool
	FieldSpecs                 []fieldSpec
}

// fieldSpecs are lines: the section, or the referred kind, and below it
// " group version kind create path", `-` for what there is not.
func fieldSpecs() []string {
	var lines []string
	files, err := filepath.Glob(filepath.Join(dir(api), "internal/konfig/builtinpluginconsts/*.go"))
	must(err)
	constants := map[string]ast.Expr{}
	for _, file := range files {
		inspect(file, func(n ast.Node) {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				constants[spec.Names[0].Name] = spec.Values[0]
			}
		})
	}
	names := make([]string, 0, len(constants))
	for name := range constants {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		var sections map[string][]fieldSpec
		// What is only a part of another one is a list.
		if text := eval(constants[name], constants); sigs.Unmarshal([]byte(text), &sections) == nil {
			for name, specs := range sections {
				lines = append(lines, section(name, specs)...)
			}
		}
	}
	return lines
}

func eval(e ast.Expr, constants map[string]ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		must(err)
		return text
	case *ast.BinaryExpr:
		return eval(e.X, constants) + eval(e.Y, constants)
	case *ast.Ident:
		return eval(constants[e.Name], constants)
	}
	return ""
}

func section(name string, specs []fieldSpec) []string {
	var lines []string
	if name != "nameReference" {
		lines = append(lines, name)
	}
	for _, spec := range specs {
		if name != "nameReference" {
			lines = append(lines, spec.line())
			continue
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s", name, or(spec.Group), or(spec.Version), or(spec.Kind)))
		for _, referrer := range spec.FieldSpecs {
			lines = append(lines, referrer.line())
		}
	}
	return lines
}

func (s fieldSpec) line() string {
	create := "-"
	if s.Create {
		create = "create"
	}
	return fmt.Sprintf(" %s %s %s %s %s", or(s.Group), or(s.Version), or(s.Kind), create, s.Path)
}

func or(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// === Modules ===

func inspect(path string, visit func(ast.Node)) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	must(err)
	ast.Inspect(file, func(n ast.Node) bool {
		visit(n)
		return true
	})
}

func module(path string) (m struct{ Dir, Version string }) {
	out, err := exec.Command("go", "list", "-m", "-json", path).Output()
	must(err)
	must(json.Unmarshal(out, &m))
	return m
}

func dir(path string) string { return module(path).Dir }

func version(path string) string { return path + " " + module(path).Version }

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
