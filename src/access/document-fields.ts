/**
 * Which fields of the schema an operation asks for, found in the parsed document and remembered
 * with it: the same document comes again and again, and is looked through once. What `@skip` and
 * `@include` leave out is not asked for; a document that has them is looked through each time,
 * with the variables coerced and the directives read by the functions that the executor uses.
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

/** Of operations that leave out nothing, whatever their variables are. */
const remembered = new WeakMap<OperationDefinitionNode, ReadonlySet<string>>();

type Values = Readonly<Record<string, unknown>>;

/**
 * The coordinates (`Type.field`) of all fields that the operation asks for with these variables,
 * through its fragments too. Where it cannot be known what is left out, nothing is.
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

/** Whether a selection is left out, as the executor decides it. Variables are coerced for the first that asks. */
function leavingOut(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Values) {
  let coerced: { values: Record<string, unknown> | undefined } | undefined;
  return (selection: SelectionNode): boolean => {
    // Each problem prints the value that it is about: one says as much here as thousands would.
    coerced ??= {
      values: getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 1 }).coerced,
    };
    const { values } = coerced;
    // These variables are refused, and nothing is executed.
    if (values === undefined) return false;
    try {
      return (
        getDirectiveValues(GraphQLSkipDirective, selection, values)?.if === true ||
        getDirectiveValues(GraphQLIncludeDirective, selection, values)?.if === false
      );
    } catch {
      // A condition without a value: the executor answers an error in its place.
      return false;
    }
  };
}
