/**
 * Helper methods for plain fields, so that a type reads as a table of property names and descriptions: `at`
 * for a timestamp, `text`, `count`, `flag`, `key` and `list`, most also with `…OrNull`; `found` for a related
 * object; `changed` for the object that a mutation changed; for inputs `uuid`, `instant`, `reason` and `idempotencyKey`.
 */
import {
  type FieldKind,
  type FieldRef,
  InputFieldBuilder,
  type InputFieldRef,
  type OutputShape,
  type OutputType,
  RootFieldBuilder,
  type SchemaTypes,
} from '@pothos/core';
import { z } from 'zod';
import type { PrismaClient } from '../database/generated/prisma/client.ts';
import { visibleTextProblem } from '../visible-text.rules.ts';
import type { Context } from '../work/context.ts';

/** The property names of a shape whose values have this type. */
type Holding<Shape, Value> = { [Key in keyof Shape]-?: Shape[Key] extends Value ? Key : never }[keyof Shape] & string;

declare global {
  export namespace PothosSchemaTypes {
    export interface RootFieldBuilder<Types extends SchemaTypes, ParentShape, Kind extends FieldKind = FieldKind> {
      at(name: Holding<ParentShape, Date>, description: string): FieldRef<Types, Date, Kind>;
      atOrNull(name: Holding<ParentShape, Date | null>, description: string): FieldRef<Types, Date | null, Kind>;
      text(name: Holding<ParentShape, string>, description: string): FieldRef<Types, string, Kind>;
      textOrNull(name: Holding<ParentShape, string | null>, description: string): FieldRef<Types, string | null, Kind>;
      count(name: Holding<ParentShape, number>, description: string): FieldRef<Types, number, Kind>;
      countOrNull(name: Holding<ParentShape, number | null>, description: string): FieldRef<Types, number | null, Kind>;
      flag(name: Holding<ParentShape, boolean>, description: string): FieldRef<Types, boolean, Kind>;
      /** A key, as the API's arguments take it. */
      key(name: Holding<ParentShape, string>, description: string): FieldRef<Types, string, Kind>;
      keyOrNull(name: Holding<ParentShape, string | null>, description: string): FieldRef<Types, string | null, Kind>;
      durationOrNull(
        name: Holding<ParentShape, number | null>,
        description: string,
      ): FieldRef<Types, number | null, Kind>;
      /** The time from `startedAt` to `finishedAt`; null until then. */
      took(description: string): FieldRef<Types, number | null, Kind>;
      list<Type extends OutputType<Types>>(
        name: Holding<ParentShape, readonly OutputShape<Types, Type>[]>,
        type: Type,
        description: string,
      ): FieldRef<Types, unknown, Kind>;
      /** The object with this id; null if it does not exist or `idOf` returns null. */
      found(
        type: unknown,
        model: Model,
        idOf: (parent: ParentShape) => string | null,
        description: string,
      ): FieldRef<Types, unknown, Kind>;
      /** The object that a mutation changed, loaded again with the selected fields; `where` finds it. */
      changed(
        type: unknown,
        model: Model,
        where: (payload: ParentShape) => object,
        description: string,
      ): FieldRef<Types, unknown, Kind>;
    }
    export interface InputFieldBuilder<Types extends SchemaTypes, Kind extends keyof InputFieldOptionsByKind> {
      /** A required key. */
      uuid(description: string): InputFieldRef<Types, string>;
      optionalUuid(description: string): InputFieldRef<Types, string | null | undefined>;
      instant(description: string): InputFieldRef<Types, Date | null | undefined>;
      /** A required reason. */
      neededReason(description: string): InputFieldRef<Types, string>;
      /** An optional reason. */
      reason(description?: string): InputFieldRef<Types, string | null | undefined>;
      idempotencyKey(description: string): InputFieldRef<Types, string | null | undefined>;
    }
  }
}

/** A Prisma model, as the client names it. */
type Model = {
  [Name in keyof PrismaClient]: PrismaClient[Name] extends { findUniqueOrThrow: unknown } ? Name : never;
}[keyof PrismaClient];

/** The part of the builder that the methods use. */
interface Exposing {
  expose(name: string, options: object): unknown;
  field(options: object): unknown;
  prismaField(options: object): unknown;
}

const exposing = (type: string, nullable: boolean) =>
  function (this: Exposing, name: string, description: string) {
    return this.expose(name, { type, nullable, description });
  };

Object.assign(RootFieldBuilder.prototype, {
  at: exposing('DateTime', false),
  atOrNull: exposing('DateTime', true),
  text: exposing('String', false),
  textOrNull: exposing('String', true),
  count: exposing('Int', false),
  countOrNull: exposing('Int', true),
  flag: exposing('Boolean', false),
  key: exposing('UUID', false),
  keyOrNull: exposing('UUID', true),
  durationOrNull: exposing('Duration', true),
  took(this: Exposing, description: string) {
    const resolve = ({ startedAt, finishedAt }: { startedAt: Date; finishedAt: Date | null }) =>
      finishedAt && finishedAt.getTime() - startedAt.getTime();
    return this.field({ type: 'Duration', nullable: true, description, resolve });
  },
  list(this: Exposing, name: string, type: unknown, description: string) {
    return this.expose(name, { type: [type], description });
  },
  found(this: Exposing, type: unknown, model: Model, idOf: (parent: unknown) => string | null, description: string) {
    return this.prismaField({
      type,
      nullable: true,
      description,
      resolve: (query: object, parent: unknown, _args: object, { prisma }: Pick<Context, 'prisma'>) => {
        const id = idOf(parent);
        return id === null ? null : (prisma[model] as unknown as Finding).findUnique({ ...query, where: { id } });
      },
    });
  },
  changed(this: Exposing, type: unknown, model: Model, where: (payload: unknown) => object, description: string) {
    return this.prismaField({
      type,
      description,
      resolve: (query: object, payload: unknown, _args: object, { prisma }: Pick<Context, 'prisma'>) =>
        (prisma[model] as unknown as Finding).findUniqueOrThrow({ ...query, where: where(payload) }),
    });
  },
});

interface Finding {
  findUnique(query: object): Promise<unknown>;
  findUniqueOrThrow(query: object): Promise<unknown>;
}

interface Inputs {
  field(options: object): unknown;
  string(options: object): unknown;
}

Object.assign(InputFieldBuilder.prototype, {
  uuid(this: Inputs, description: string) {
    return this.field({ type: 'UUID', required: true, description });
  },
  optionalUuid(this: Inputs, description: string) {
    return this.field({ type: 'UUID', description });
  },
  instant(this: Inputs, description: string) {
    return this.field({ type: 'DateTime', description });
  },
  neededReason(this: Inputs, description: string) {
    return this.string({ required: true, description, validate: reasonText.trim().min(1, 'is needed') });
  },
  reason(this: Inputs, description = 'Why, for the audit trail; at most 500 characters.') {
    return this.string({ description, validate: reasonText.nullish() });
  },
  idempotencyKey(this: Inputs, description: string) {
    return this.string({ description });
  },
});

/** At most 500 characters of visible text; line breaks are allowed. */
export const reasonText = z
  .string()
  .max(500, { error: 'has at most 500 characters', abort: true })
  .superRefine((text, context) => {
    const problem = visibleTextProblem(text, '', { hasLines: true });
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem.message.trim() });
  });
