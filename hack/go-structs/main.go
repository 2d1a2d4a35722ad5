// Writes down the Go structs that kube-apiserver reads built-in kinds into: the names of their fields
// in JSON, their numbers in protobuf, and what is left out when they are written again.
//
//	cd hack/go-structs && go run . >../../apiserver/src/structs/table.txt
//
// The kinds are those of apiserver/src/kinds.txt, and the few that are only ever posted.
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// Types that read and write themselves.
var own = map[string]string{
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time":                                             "Time",
	"k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":                                        "MicroTime",
	"k8s.io/apimachinery/pkg/apis/meta/v1.Duration":                                         "Duration",
	"k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":                                         "Raw",
	"k8s.io/apimachinery/pkg/runtime.RawExtension":                                          "Raw",
	"k8s.io/apimachinery/pkg/api/resource.Quantity":                                         "Quantity",
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString":                                       "IntOrString",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON":                         "JSON",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray":       "SchemaOrArray",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool":        "SchemaOrBool",
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray": "SchemaOrStrings",
}

// Kinds that are posted and never stored, or are the body of a subresource.
var posted = []string{
	"- v1 Binding", "- v1 DeleteOptions", "autoscaling v1 Scale", "policy v1 Eviction", "authentication.k8s.io v1 TokenRequest",
	"events.k8s.io v1 Event", "autoscaling v1 HorizontalPodAutoscaler",
	"authentication.k8s.io v1 SelfSubjectReview", "authentication.k8s.io v1 TokenReview",
	"authorization.k8s.io v1 LocalSubjectAccessReview", "authorization.k8s.io v1 SelfSubjectAccessReview",
	"authorization.k8s.io v1 SelfSubjectRulesReview", "authorization.k8s.io v1 SubjectAccessReview",
}

type table struct {
	names map[reflect.Type]string
	taken map[string]bool
	queue []reflect.Type
}

func main() {
	must(apiextensions.AddToScheme(scheme.Scheme))
	must(apiregistration.AddToScheme(scheme.Scheme))
	t := &table{names: map[reflect.Type]string{}, taken: map[string]bool{}}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, "# Written by hack/go-structs from Kubernetes 1.37.1. First the kinds, then their structs:")
	fmt.Fprintln(out, "# a struct's name, its fields as `json number type flags`; o is left out when empty, z when zero.")
	for _, kind := range kinds(scheme.Scheme) {
		fmt.Fprintf(out, "%s %s %s %s\n", group(kind), kind.Version, kind.Kind, t.of(scheme.Scheme.AllKnownTypes()[kind]))
	}
	for at := 0; at < len(t.queue); at++ {
		fmt.Fprintf(out, "\n%s\n", t.names[t.queue[at]])
		t.fields(out, t.queue[at])
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func group(kind schema.GroupVersionKind) string {
	if kind.Group == "" {
		return "-"
	}
	return kind.Group
}

func kinds(s *runtime.Scheme) []schema.GroupVersionKind {
	served := map[string]bool{}
	for _, kind := range posted {
		served[kind] = true
	}
	table, err := os.ReadFile("../../apiserver/src/kinds.txt")
	must(err)
	for _, line := range strings.Split(string(table), "\n") {
		if columns := strings.Fields(line); len(columns) > 3 {
			served[strings.Join(columns[:3], " ")] = true
		}
	}
	var found []schema.GroupVersionKind
	for kind := range s.AllKnownTypes() {
		if served[group(kind)+" "+kind.Version+" "+kind.Kind] {
			found = append(found, kind)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].String() < found[j].String() })
	return found
}

// The name of a struct: as Go prints it, with its folder where another has that name.
func (t *table) of(of reflect.Type) string {
	if name, ok := t.names[of]; ok {
		return name
	}
	name := of.String()
	if t.taken[name] {
		parts := strings.Split(of.PkgPath(), "/")
		name = parts[len(parts)-2] + "/" + name
	}
	if t.taken[name] {
		panic(name)
	}
	t.taken[name] = true
	t.names[of] = name
	t.queue = append(t.queue, of)
	return name
}

func (t *table) typeOf(of reflect.Type) string {
	if self, ok := own[of.PkgPath()+"."+of.Name()]; ok {
		return self
	}
	switch of.Kind() {
	case reflect.Pointer:
		return "*" + t.typeOf(of.Elem())
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + t.typeOf(of.Elem())
	case reflect.Map:
		return "{}" + t.typeOf(of.Elem())
	case reflect.Struct:
		return t.of(of)
	case reflect.Bool, reflect.Int32, reflect.Int64, reflect.String, reflect.Float64:
		if of.Name() != of.Kind().String() {
			return of.Kind().String() + "=" + of.String()
		}
		return of.Kind().String()
	}
	panic(fmt.Sprintf("%s is a %s", of, of.Kind()))
}

func (t *table) fields(out *bufio.Writer, of reflect.Type) {
	for i := 0; i < of.NumField(); i++ {
		field := of.Field(i)
		tag, has := field.Tag.Lookup("json")
		parts := strings.Split(tag, ",")
		name := parts[0]
		if !field.IsExported() || name == "-" {
			continue
		}
		inline := field.Anonymous && name == ""
		if !has && !inline {
			name = field.Name
		}
		number := "0"
		if proto := strings.Split(field.Tag.Get("protobuf"), ","); len(proto) > 1 {
			number = proto[1]
		}
		flags := ""
		for _, option := range parts[1:] {
			switch option {
			case "omitempty":
				flags += "o"
			case "omitzero":
				flags += "z"
			case "inline":
				if name == "" {
					inline = true
				}
			}
		}
		if inline {
			name = "."
		}
		fmt.Fprintln(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", name, number, t.typeOf(field.Type), flags)))
	}
}
