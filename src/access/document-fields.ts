/**
 * Collects the fields of the schema that an operation requests, and caches them with the parsed document,
 * since clients send the same document again and again. Fields that `@skip` and `@include` leave out do not
 * count; a document with these directives is examined each time, and the executor's own functions coerce its
 * variables and evaluate its directives.
 */
import {
  type DocumentNode,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  getVariableValues,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** Cache for operations without directives on their selections: their fields do not depend on variables. */
const remembered = new WeakMap<OperationDefinitionNode, ReadonlySet<string>>();

type Values = Readonly<Record<string, unknown>>;

/**
 * Returns the coordinates (`Type.field`) of all fields that the operation requests with these variables,
 * including those in its fragments. If a condition cannot be evaluated, its selection counts as requested.
 */
export function fieldsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Values = {},
): ReadonlySet<string> {
  const known = remembered.get(operation);
  if (known !== undefined) return known;
  const fields = new Set<string>();
  const fragments = new Set<string>();
  let isConditional = false;
  const isLeftOut = leavingOut(schema, operation, variables);
  const collect = ({ selections }: SelectionSetNode, parent: GraphQLNamedType | null | undefined): void => {
    for (const selection of selections) {
      if (selection.directives?.length) {
        isConditional = true;
        if (isLeftOut(selection)) continue;
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        collect(selection.selectionSet, condition === undefined ? parent : schema.getType(condition));
      } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const name = selection.name.value;
        if (fragments.has(name)) continue;
        fragments.add(name);
        const fragment = document.definitions.find(
          (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
        );
        if (fragment?.kind === Kind.FRAGMENT_DEFINITION)
          collect(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value));
      } else if (isObjectType(parent) || isInterfaceType(parent)) {
        const name = selection.name.value;
        fields.add(`${parent.name}.${name}`);
        const field = parent.getFields()[name];
        if (selection.selectionSet && field) collect(selection.selectionSet, getNamedType(field.type));
      }
    }
  };
  collect(operation.selectionSet, schema.getRootType(operation.operation));
  if (!isConditional) remembered.set(operation, fields);
  return fields;
}

/** Returns a check that, like the executor, decides whether a selection is left out. Coerces variables once. */
function leavingOut(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Values) {
  let coerced: { values: Record<string, unknown> | undefined } | undefined;
  return (selection: SelectionNode): boolean => {
    // One error is enough here: each prints the value it is about, and there could be thousands.
    coerced ??= {
      values: getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 1 }).coerced,
    };
    const { values } = coerced;
    // The executor refuses these variables and executes nothing.
    if (values === undefined) return false;
    try {
      return (
        getDirectiveValues(GraphQLSkipDirective, selection, values)?.if === true ||
        getDirectiveValues(GraphQLIncludeDirective, selection, values)?.if === false
      );
    } catch {
      // A condition without a value: the executor returns an error for it.
      return false;
    }
  };
}
