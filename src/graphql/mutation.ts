/** Declares a mutation as one table: what it takes, who carries it out, and what it returns. */
import type {
  FieldMap,
  InputFieldBuilder,
  InputFieldMap,
  InputShapeFromFields,
  ObjectFieldBuilder,
} from '@pothos/core';
import { InvalidInputError, type Refusal } from '../refusals.ts';
import { builder, type RequestContext, type SchemaTypes } from './builder.ts';

type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;
/** The builder of an input’s fields, for functions that several inputs share. */
export type InputFields = InputFieldBuilder<Types, 'InputObject'>;
/** The builder of the fields of a payload with this shape. */
export type PayloadFields<Payload> = ObjectFieldBuilder<Types, Payload>;

interface MutationOptions<Fields extends InputFieldMap, Payload> {
  readonly description: string;
  /** The refusals that it returns as data, besides `InvalidInputError`. */
  readonly refusals?: readonly (new (
    ...args: never[]
  ) => Refusal)[];
  /** What it costs, if it costs more than a field. */
  readonly complexity?: number;
  readonly input: { readonly description: string; fields(t: InputFields): Fields };
  resolve(ctx: RequestContext, input: InputShapeFromFields<Fields>): Promise<Payload>;
  readonly payload: { readonly description: string; fields(t: PayloadFields<Payload>): FieldMap };
}

/**
 * Adds a mutation with its types, which are named after it: `pauseJob` takes `PauseJobInput` and returns
 * `PauseJobPayload` or a refusal. `resolve` comes before `payload`, whose shape is inferred from it.
 */
export function mutation<Fields extends InputFieldMap, Payload extends object>(
  name: string,
  { description, refusals = [], complexity, input, resolve, payload }: MutationOptions<Fields, Payload>,
): void {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const Input = builder.inputType(`${type}Input`, input);
  const PayloadRef = builder.objectRef<Payload>(`${type}Payload`).implement(payload);
  builder.mutationField(name, (t) =>
    t.field({
      type: PayloadRef,
      nullable: true,
      description,
      complexity,
      args: { input: t.arg({ type: Input, required: true, description: input.description }) },
      errors: { types: [InvalidInputError, ...refusals] },
      // The compiler cannot compute the argument’s type while `Fields` is generic.
      resolve: (_root, args, ctx) =>
        resolve(ctx, (args as unknown as { input: InputShapeFromFields<Fields> }).input) as never,
    }),
  );
}
