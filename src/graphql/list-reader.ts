/**
 * Reads a whole list in this process, page by page, by running a document against the schema: the filter, the
 * order, the scope and the masks are those of the API, because the API itself answers.
 */
import { type DocumentNode, execute, type GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import type { Outage } from '../database/outage.ts';
import type { Logger } from '../telemetry/logger.ts';
import { LARGEST_PAGE, type RequestContext } from './builder.ts';
import { type ErrorCode, maskError } from './errors.ts';
import { variableProblems } from './variables.ts';

/** An object of the list, as the document selects it. */
type ListedRow = Readonly<Record<string, unknown>>;

/** Why the list is not read: sent to the caller as it is. */
interface ListRefusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** The pages, each read when it is asked for. Iterating throws if a later page cannot be read. */
interface ListPages {
  readonly kind: 'pages';
  readonly pages: AsyncIterable<readonly ListedRow[]>;
}

/** Reads a list with these variables. The first page is read at once, so that a refusal comes before any data. */
export type ListReader = (
  variables: Readonly<Record<string, unknown>>,
  context: RequestContext,
) => Promise<ListPages | ListRefusal>;

interface ListReaderOptions {
  readonly schema: GraphQLSchema;
  /** Selects the root field `list` with `nodes` and `pageInfo`, and takes `$first` and `$after`. */
  readonly document: string;
  readonly list: string;
  readonly logger: Logger;
  readonly outage: Outage;
}

interface ReadPage {
  readonly nodes: readonly ListedRow[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Throws a GraphQLError if the document does not fit the schema. */
export function createListReader({ schema, document: text, list, logger, outage }: ListReaderOptions): ListReader {
  const document: DocumentNode = parse(text);
  const [mismatch] = validate(schema, document);
  if (mismatch !== undefined) throw mismatch;

  return async (variables, context) => {
    const { requestId } = context;
    const problems = variableProblems({ schema, document, variableValues: variables });
    if (problems.length > 0) return refusal(400, 'BAD_USER_INPUT', problems.map(({ message }) => message).join(' '));
    const readPage = async (after: string | null): Promise<ReadPage | GraphQLError> => {
      const { data, errors: [error] = [] } = await execute({
        schema,
        document,
        variableValues: { ...variables, first: LARGEST_PAGE, after },
        // Pothos caches by context: one context for the whole list would keep all of it in memory.
        contextValue: { ...context },
      });
      return error === undefined ? (data?.[list] as ReadPage) : maskError(error, requestId, { logger, outage });
    };
    const first = await readPage(null);
    if (first instanceof Error) {
      const { code, http } = first.extensions as { code: ErrorCode; http?: { status: number } };
      return refusal(http?.status ?? 400, code, first.message);
    }
    async function* pages() {
      for (let page: ReadPage | GraphQLError = first; ; page = await readPage(page.pageInfo.endCursor)) {
        if (page instanceof Error) throw page;
        yield page.nodes;
        if (!page.pageInfo.hasNextPage) return;
      }
    }
    return { kind: 'pages', pages: pages() };
  };
}

const refusal = (status: number, code: ErrorCode, message: string): ListRefusal => ({
  kind: 'refused',
  status,
  code,
  message,
});
