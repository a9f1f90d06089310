/** Declares the type of a topic’s changes, with the changed object as it is when the event is sent. */
import type { PrismaClient } from '../../database/generated/prisma/client.ts';
import type { ChangeTopic } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { Change } from '../../graphql/change-types.ts';
import { type ChangeEvent, isAbout } from './change-events.ts';

interface ChangeTypeOptions {
  readonly topic: ChangeTopic;
  /** The type’s name. */
  readonly name: string;
  readonly description: string;
  /** The field with the object’s plain key. */
  readonly key: { readonly field: string; readonly type?: 'UUID' | 'String'; readonly description: string };
  /** The field with the object: its type, and the Prisma model and column that it is found by. */
  readonly object: {
    readonly field: string;
    readonly type: unknown;
    readonly model: keyof PrismaClient & string;
    readonly column?: string;
    readonly description: string;
  };
}

interface Finding {
  findMany(query: object): Promise<readonly Record<string, unknown>[]>;
}

/** Adds the type; its objects are loaded together, once for all subscribers that select the same fields. */
export const changeType = ({ topic, name, description, key, object }: ChangeTypeOptions) =>
  builder.objectRef<ChangeEvent>(name).implement({
    description,
    interfaces: [Change],
    isTypeOf: isAbout(topic),
    fields: (t) => ({
      [key.field]: t.field({
        type: key.type ?? 'UUID',
        description: key.description,
        resolve: (change) => change.key,
      }),
      [object.field]: t.prismaField({
        type: object.type as 'JobRun',
        nullable: true,
        description: object.description,
        resolve: (query, change, _args, { prisma }) =>
          change.together.objectOf(topic, JSON.stringify(query), change.key, async (keys) => {
            const { model, column = 'id' } = object;
            const finding = prisma[model] as unknown as Finding;
            const rows = await finding.findMany({ ...query, where: { [column]: { in: [...keys] } } });
            return new Map(rows.map((row) => [row[column] as string, row]));
          }) as never,
      }),
    }),
  });
