/**
 * The words in which types describe their plain fields, so that a type reads as a table: the name of
 * the property, and what it means. `at` for an instant, `text`, `count` and `flag`, each with `…OrNull`;
 * `changed` for the object that a mutation was about; for inputs `uuid`, `reason` and `idempotencyKey`.
 */
import {
  type FieldKind,
  type FieldRef,
  InputFieldBuilder,
  type InputFieldRef,
  RootFieldBuilder,
  type SchemaTypes,
} from '@pothos/core';
import { z } from 'zod';
import type { PrismaClient } from '../database/generated/prisma/client.ts';
import { visibleTextProblem } from '../visible-text.rules.ts';
import type { Context } from '../work/context.ts';

/** Properties of a shape that hold such a value. */
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
      /** The object that a mutation was about, read again with what the request asks of it; `where` finds it. */
      changed(
        type: unknown,
        model: Model,
        where: (payload: ParentShape) => object,
        description: string,
      ): FieldRef<Types, unknown, Kind>;
    }
    export interface InputFieldBuilder<Types extends SchemaTypes, Kind extends keyof InputFieldOptionsByKind> {
      /** A key that is required. */
      uuid(description: string): InputFieldRef<Types, string>;
      /** A reason that may be left out. */
      reason(description?: string): InputFieldRef<Types, string | null | undefined>;
      idempotencyKey(description: string): InputFieldRef<Types, string | null | undefined>;
    }
  }
}

/** A model of Prisma's, as its client names it. */
type Model = {
  [Name in keyof PrismaClient]: PrismaClient[Name] extends { findUniqueOrThrow: unknown } ? Name : never;
}[keyof PrismaClient];

/** What the methods use of the builder that they are added to. */
interface Exposing {
  expose(name: string, options: object): unknown;
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
  reason(this: Inputs, description = 'Why, for the audit trail; at most 500 characters.') {
    return this.string({ description, validate: reasonText.nullish() });
  },
  idempotencyKey(this: Inputs, description: string) {
    return this.string({ description });
  },
});

/** At most 500 characters, line breaks among them, that can be seen for what they are. */
export const reasonText = z
  .string()
  .max(500, { error: 'has at most 500 characters', abort: true })
  .superRefine((text, context) => {
    const problem = visibleTextProblem(text, '', { hasLines: true });
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem.message.trim() });
  });
