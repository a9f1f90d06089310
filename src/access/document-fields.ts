/**
 * Which fields of the schema an operation asks for, found in the parsed document and remembered
 * with it: the same document comes again and again, and is looked through once.
 */
import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

const remembered = new WeakMap<OperationDefinitionNode, ReadonlySet<string>>();

/** The coordinates (`Type.field`) of all fields that the operation names, through its fragments too. */
export function fieldsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): ReadonlySet<string> {
  const known = remembered.get(operation);
  if (known !== undefined) return known;
  const fields = new Set<string>();
  const fragments = new Set<string>();
  const collect = ({ selections }: SelectionSetNode, parent: GraphQLNamedType | null | undefined): void => {
    for (const selection of selections) {
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
  remembered.set(operation, fields);
  return fields;
}
