/**
 * The schema builder and its plugins, with the API’s conventions: connections, page sizes, and refusals as
 * members of result unions.
 */
import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ValidationPlugin from '@pothos/plugin-validation';
import { GraphQLError, isObjectType } from 'graphql';
import { z } from 'zod';
import type PrismaTypes from '../database/generated/pothos/types.ts';
import { getDatamodel } from '../database/generated/pothos/types.ts';
import { sqlStateOf } from '../database/violations.ts';
import { InvalidInputError, type Refusal } from '../refusals.ts';
import type { Caller } from '../work/caller.ts';
import type { Context, Services } from '../work/context.ts';
import { DOCUMENT_LIMITS, tooLarge } from './document-limits.rules.ts';
import './fields.ts';
import './guard.ts';
import { badInput, cronExpression, dateTime, duration, json, timeZone, uuid } from './scalars.ts';

/** The part of a resolver's context that is the same in every request. */
export interface SharedContext extends Services {
  /** Throws unless the caller may load objects of this type by their id. */
  mayFind(typeName: string, caller: Caller): void;
  /** Throws a refusal if a mutation is not allowed with these arguments. */
  guard(mutation: string, args: object): void;
}

/** The context of every resolver. */
export interface RequestContext extends SharedContext, Context {
  readonly requestId: string;
  /** When the request arrived, by this node’s clock; the whole response is as of this time. */
  readonly now: Date;
  /** Authenticated by a cookie, which browsers send automatically. */
  readonly isCookie: boolean;
  /** When the caller’s credential expires; null: never. */
  readonly validUntil: Date | null;
  /** Calls `ended` once when the credential ends; returns a function that unsubscribes. */
  onEnded(ended: () => void): () => void;
}

/** The part of a resolver's context that each request has of its own. */
export type RequestParts = Omit<RequestContext, keyof SharedContext>;

interface Text {
  Input: string;
  Output: string;
}

export interface SchemaTypes {
  PrismaTypes: PrismaTypes;
  Context: RequestContext;
  Scalars: {
    DateTime: { Input: Date; Output: Date };
    UUID: Text;
    Duration: { Input: never; Output: number };
    CronExpression: Text;
    TimeZone: Text;
    JSON: { Input: never; Output: unknown };
    ID: { Input: string; Output: string | number | bigint };
  };
  Connection: { totalCount: () => number | Promise<number> };
  /** By name, so that the refusals of each slice can implement it. */
  Interfaces: { MutationError: Refusal };
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
}

export const DEFAULT_PAGE = 20;
export const LARGEST_PAGE = 100;
const pageSize = z
  .int({ error: 'is a whole number' })
  .min(1, 'is at least 1')
  .max(LARGEST_PAGE, `is at most ${LARGEST_PAGE}`)
  .nullish();

const badId = () => badInput('This is not an id of this API. Pass an `id` as the API gave it.');

interface MostAllowed {
  readonly maxComplexity?: number;
  readonly maxDepth?: number;
  readonly maxBreadth?: number;
}

/**
 * The limits of one operation. Complexity: each field costs 1, times the sizes of the pages it is in.
 * Depth: levels of fields. Breadth: the number of fields in the document.
 */
interface CostLimits {
  readonly complexity: number;
  readonly depth: number;
  readonly breadth: number;
}

const mostOf = {
  complexity: (result: MostAllowed) => result.maxComplexity,
  depth: (result: MostAllowed) => result.maxDepth,
  breadth: (result: MostAllowed) => result.maxBreadth,
};

/** Allows a page of 100 entries with 20 attempts each and all their fields, but not pages nested three deep. */
export const COST_LIMITS: CostLimits = { complexity: 25_000, depth: 12, breadth: DOCUMENT_LIMITS.breadth };

/** The only builder: the files of each slice declare types and fields on it when they are imported (schema.ts). */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ErrorsPlugin, 'guard', RelayPlugin, PrismaPlugin, ComplexityPlugin, ValidationPlugin],
  defaultFieldNullability: false,
  errors: {
    directResult: true,
    // Problems with arguments are refusals too; callers have already been authenticated, at HTTP level.
    unsafelyHandleInputErrors: true,
    defaultUnionOptions: {
      name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result`,
      description: 'The result of the mutation: its payload, or an expected error.',
    },
  },
  relay: {
    cursorType: 'String',
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      description: 'The page’s objects, each with its cursor.',
    },
    nodeFieldOptions: { nullable: false, description: 'The object.' },
    cursorFieldOptions: { description: 'Pass it as `after` or `before` to continue from here.' },
    pageInfoFieldOptions: { description: 'Whether there are more pages, and the cursors to continue with.' },
    nodesOnConnection: { description: 'The page’s objects, without their cursors.' },
    nodesQueryOptions: false,
    nodeQueryOptions: {
      description: 'Any object by its global id; null when it does not exist.',
      args: { id: { description: 'The object’s `id`.' } },
      async resolve(_root, { id }, { caller, mayFind }, { schema }, load) {
        const type = schema.getType(id.typename);
        if (!isObjectType(type) || !type.getInterfaces().some(({ name }) => name === 'Node')) throw badId();
        mayFind(id.typename, caller);
        try {
          return await load(id);
        } catch (error) {
          // The key does not have its column’s type, so no object can have it.
          if (sqlStateOf(error) === '22P02') throw badId();
          throw error;
        }
      },
    },
    nodeTypeOptions: { description: 'An object with a global id, which `node` takes.' },
    idFieldOptions: { description: 'A global, opaque id; pass it to `node`.' },
    pageInfoTypeOptions: { description: 'The position of a page in its list.' },
    hasNextPageFieldOptions: { description: 'Whether more objects follow.' },
    hasPreviousPageFieldOptions: { description: 'Whether there are objects before.' },
    startCursorFieldOptions: { description: 'The first object’s cursor; null on an empty page.' },
    endCursorFieldOptions: { description: 'The last object’s cursor; null on an empty page.' },
    firstArgOptions: {
      description: `How many, from the start: 1 to ${LARGEST_PAGE}; ${DEFAULT_PAGE} if neither \`first\` nor \`last\` is given.`,
      validate: pageSize,
    },
    lastArgOptions: { description: `How many, from the end: 1 to ${LARGEST_PAGE}.`, validate: pageSize },
    afterArgOptions: { description: 'Only objects after this cursor.' },
    beforeArgOptions: { description: 'Only objects before this cursor.' },
    defaultConnectionTypeOptions: { description: 'A page of a list.' },
    defaultEdgeTypeOptions: { description: 'One object of a page, and its cursor.' },
    encodeGlobalID: (type, id) => Buffer.from(`${type}:${id}`).toString('base64url'),
    decodeGlobalID(globalId) {
      const match = /^([A-Za-z]+):([\w.-]+)$/.exec(Buffer.from(globalId, 'base64url').toString('utf8'));
      if (match === null) throw badId();
      return { typename: match[1] ?? '', id: match[2] ?? '' };
    },
  },
  prisma: {
    client: ({ prisma }) => prisma,
    dmmf: getDatamodel(),
    defaultConnectionSize: DEFAULT_PAGE,
    maxConnectionSize: LARGEST_PAGE,
    onUnusedQuery: null,
  },
  validation: {
    validationError: ({ issues }) =>
      new InvalidInputError(
        issues.map(({ path = [], message }) => {
          const names = path.map((step) => String(typeof step === 'object' ? step.key : step));
          return { path: names[0] === 'input' ? names.slice(1) : names, message, code: 'INVALID_VALUE' };
        }),
      ),
  },
  complexity: {
    defaultComplexity: 1,
    limit: COST_LIMITS,
    // A page costs its size times one object; the plugin alone would ignore `first`.
    fieldComplexity: ({ first, last }, _context, field) => ({
      field: 1,
      multiplier: field.args.some((arg) => arg.name === 'first')
        ? Math.max(1, Number(first ?? last ?? DEFAULT_PAGE))
        : 1,
    }),
    complexityError(kind, result) {
      const what = kind.toLowerCase() as keyof CostLimits;
      return new GraphQLError(tooLarge(what, result[what], mostOf[what](result) ?? 0), {
        extensions: { code: 'QUERY_TOO_COMPLEX', http: { status: 400 } },
      });
    },
  },
});

builder.scalarType('DateTime', dateTime);
builder.scalarType('UUID', uuid);
builder.scalarType('Duration', duration);
builder.scalarType('CronExpression', cronExpression);
builder.scalarType('TimeZone', timeZone);
builder.scalarType('JSON', json);
builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description: 'How many there are in total; computed only when selected.',
    resolve: (connection) => connection.totalCount(),
  }),
);
builder.queryType({ description: 'Everything to read.' });
builder.mutationType({
  description: 'Everything to do. Each mutation returns a union: its payload, or an expected error.',
});
builder.subscriptionType({ description: 'Everything to watch, by server-sent events on the same path.' });
