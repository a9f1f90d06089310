/**
 * Limits on a document, counted in one pass before validation: validation compares every two fields at the
 * same place of the response, is expensive with hundreds of aliases, directives and fragments, and
 * fragments that spread each other twice expand to more fields than there are atoms. Each fragment is
 * counted once.
 */

import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

/**
 * Maximum per document; `rootFields` is per operation, `breadth` per operation or fragment, with fragments
 * expanded.
 */
export interface DocumentLimits {
  readonly tokens: number;
  readonly directives: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly breadth: number;
}

/** Far more than legitimate clients send: the cost of validation grows with the square of these. */
export const DOCUMENT_LIMITS: DocumentLimits = {
  tokens: 5_000,
  directives: 50,
  aliases: 200,
  rootFields: 50,
  breadth: 200,
};

/** No existing directive may occur more than once at one place. */
export const DIRECTIVES_AT_ONE_PLACE = 4;
/** Far more than every depth limit: it only protects code that walks the document from a stack overflow. */
export const DEEPEST_NESTING = 100;
/** Fields below `__schema` and `__type`, with fragments expanded; they do not count as breadth. GraphiQL sends 229. */
export const MOST_SCHEMA_FIELDS = 500;

/** The largest cost of an introspection, computed as below; GraphiQL’s query takes three quarters of it. */
const MOST_OF_SCHEMA = 600_000;
/** Roughly how many of each a schema like ours has: these multiply when they are nested. */
const SCHEMA_LISTS: Readonly<Record<string, number>> = {
  types: 200,
  fields: 10,
  args: 4,
  inputFields: 5,
  enumValues: 5,
  possibleTypes: 5,
  interfaces: 2,
  directives: 5,
};

interface Counts {
  readonly breadth: number;
  /** Below `__schema` and `__type`. */
  readonly schemaFields: number;
  readonly depth: number;
  /** The cost, if this is part of an introspection. */
  readonly cost: number;
}

const NOTHING: Counts = { breadth: 0, schemaFields: 0, depth: 0, cost: 0 };

/**
 * Returns a sentence that names the exceeded limit, or undefined. Expects the parse result of at most
 * `tokens` tokens; fragment cycles are left to validation.
 */
export function documentProblem(document: DocumentNode, limits: DocumentLimits): string | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);

  let aliases = 0;
  let directives = 0;
  let mostAtOnePlace = 0;
  let schemaCost = 0;
  const note = (count = 0): void => {
    directives += count;
    mostAtOnePlace = Math.max(mostAtOnePlace, count);
  };
  const counted = new Map<string, Counts>();
  const countFragment = (name: string): Counts => {
    const fragment = fragments.get(name);
    const known = counted.get(name);
    if (known !== undefined || fragment === undefined) return known ?? NOTHING;
    counted.set(name, NOTHING);
    const counts = count(fragment.selectionSet);
    counted.set(name, counts);
    return counts;
  };
  const count = ({ selections }: SelectionSetNode): Counts => {
    let breadth = 0;
    let schemaFields = 0;
    let depth = 0;
    let cost = 0;
    for (const selection of selections) {
      note(selection.directives?.length);
      let below = NOTHING;
      if (selection.kind === Kind.FRAGMENT_SPREAD) below = countFragment(selection.name.value);
      else if (selection.selectionSet !== undefined) below = count(selection.selectionSet);
      if (selection.kind === Kind.FIELD && selection.alias !== undefined) aliases += 1;
      depth = Math.max(depth, below.depth + 1);
      schemaFields += below.schemaFields;
      if (selection.kind !== Kind.FIELD) {
        breadth += below.breadth;
        cost += below.cost;
      } else if (/^__(schema|type)$/.test(selection.name.value)) {
        breadth += 1;
        schemaFields += below.breadth;
        schemaCost += below.cost;
      } else {
        breadth += 1 + below.breadth;
        cost += (SCHEMA_LISTS[selection.name.value] ?? 1) * (1 + below.cost);
      }
    }
    return { breadth, schemaFields, depth, cost };
  };

  let rootFields = 0;
  let deepest = 0;
  let broadest = 0;
  let mostSchemaFields = 0;
  const measure = ({ breadth, schemaFields }: Counts): void => {
    broadest = Math.max(broadest, breadth);
    mostSchemaFields = Math.max(mostSchemaFields, schemaFields);
  };
  for (const definition of document.definitions) {
    if ('directives' in definition) note(definition.directives?.length);
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      for (const variable of definition.variableDefinitions ?? []) note(variable.directives?.length);
      rootFields = Math.max(rootFields, fieldsAtTop(definition.selectionSet, fragments));
      const counts = count(definition.selectionSet);
      deepest = Math.max(deepest, counts.depth);
      measure(counts);
    }
  }
  // Fragments on introspection types are counted where they are spread: on their own they look like any other.
  const onlyOfSchema = (name: string): boolean =>
    fragments.get(name)?.typeCondition.name.value.startsWith('__') === true;
  for (const name of fragments.keys()) {
    const counts = countFragment(name);
    measure(onlyOfSchema(name) ? { ...counts, breadth: 0, schemaFields: counts.breadth } : counts);
  }

  if (directives > limits.directives) return tooMany(directives, 'directives', limits.directives);
  if (mostAtOnePlace > DIRECTIVES_AT_ONE_PLACE)
    return `There are ${mostAtOnePlace} directives at one place, at most ${DIRECTIVES_AT_ONE_PLACE} are allowed. Leave out repetitions.`;
  if (aliases > limits.aliases) return tooMany(aliases, 'aliases', limits.aliases);
  if (rootFields > limits.rootFields) return tooMany(rootFields, 'root fields', limits.rootFields);
  if (deepest > DEEPEST_NESTING)
    return `The document is nested ${deepest} levels deep, at most ${DEEPEST_NESTING} are allowed. Ask for less at a time.`;
  if (broadest > limits.breadth) return tooLarge('breadth', broadest, limits.breadth);
  if (schemaCost > MOST_OF_SCHEMA || mostSchemaFields > MOST_SCHEMA_FIELDS)
    return 'The document asks too much of the schema itself. Ask for fewer levels of it, and once.';
  return undefined;
}

/** The message for an operation that is too large, here and in the complexity check. */
export const tooLarge = (what: 'breadth' | 'complexity' | 'depth', found: number, most: number): string =>
  `The query is too large: its ${what} is ${found > 1e9 ? 'billions' : found}, at most ${most} is allowed. Ask for smaller pages or fewer fields.`;

const tooMany = (found: number, what: string, most: number): string =>
  `The document has ${found} ${what}, at most ${most} are allowed. Split it into several requests.`;

/**
 * The number of root fields of an operation, including repetitions and those from fragments, each fragment
 * counted once.
 */
function fieldsAtTop(top: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): number {
  const waiting = [top];
  const spread = new Set<string>();
  let fields = 0;
  for (let set = waiting.pop(); set !== undefined; set = waiting.pop())
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) fields += 1;
      else if (selection.kind === Kind.INLINE_FRAGMENT) waiting.push(selection.selectionSet);
      else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) waiting.push(fragment.selectionSet);
      }
    }
  return fields;
}
