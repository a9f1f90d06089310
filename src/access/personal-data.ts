/**
 * Masks personal data (full names, e-mail addresses, and texts that quote them) for the roles in
 * MASK_PERSONAL_DATA_FOR. Wraps the resolvers of the finished schema, so that no path to a field avoids the
 * mask; if no role is configured, wraps nothing. E-mail addresses are masked in every text field that PLAIN
 * does not list, so that a new field is masked by default.
 */
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
} from 'graphql';
import type { Caller, Role } from '../work/caller.ts';
import { BLOT, blottedDeep } from './personal-data.rules.ts';

type Mask = (value: unknown, parent: { readonly fullName?: string }) => unknown;

const all: Mask = () => BLOT;
const deep: Mask = (value, parent) => blottedDeep(value, parent?.fullName ?? null);

/** Fields that are masked completely, and fields whose objects may quote their parent's name. */
export const PERSONAL: Readonly<Record<string, Mask>> = {
  'QueuedCreation.fullName': all,
  'User.fullName': all,
  'User.email': all,
  'FamilyMemberInvitation.email': all,
  // Anyone who knows this code can accept the invitation in the invited person's place.
  'FamilyMemberInvitation.displayCode': all,
  'QueuedCreation.attempts': deep,
  'QueuedCreation.explanation': deep,
  'JobSchedule.explanation': deep,
};

/** Texts that are never masked: secrets that are shown once, and references by which a client matches results. */
export const PLAIN: ReadonlySet<string> = new Set([
  'EnqueueAccountPayload.generatedPassword',
  'EnqueueAccountItemResult.clientRef',
  'CreateApiTokenPayload.token',
  'CreateWebhookPayload.secret',
  'RotateWebhookSecretPayload.secret',
]);

const TEXTS: readonly string[] = ['String', 'JSON'];

/** Returns the fields of all types that return text, or JSON that may contain text, by their coordinates. */
export function textFields(schema: GraphQLSchema): Map<string, GraphQLField<unknown, unknown>> {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'));
  return new Map(
    types.flatMap((type) =>
      Object.values(isObjectType(type) ? type.getFields() : {}).flatMap((field) =>
        TEXTS.includes(getNamedType(field.type).name) ? [[`${type.name}.${field.name}`, field] as const] : [],
      ),
    ),
  );
}

/** Masks personal data for callers of these roles. Throws an Error if the schema lacks a field of PERSONAL. */
export function maskPersonalData(schema: GraphQLSchema, roles: readonly Role[]): void {
  if (roles.length === 0) return;
  for (const [coordinate, field] of textFields(schema))
    if (!PLAIN.has(coordinate)) wrap(field, PERSONAL[coordinate] ?? deep, roles);
  for (const [coordinate, mask] of Object.entries(PERSONAL)) {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const type = schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (field === undefined) throw new Error(`${coordinate} is to be masked, but the schema does not have it.`);
    if (!TEXTS.includes(getNamedType(field.type).name)) wrap(field, mask, roles);
  }
}

function wrap(field: GraphQLField<unknown, unknown>, mask: Mask, roles: readonly Role[]): void {
  const resolve: GraphQLFieldResolver<unknown, { caller: Caller }> = field.resolve ?? defaultFieldResolver;
  const masked = (value: unknown, parent: unknown): unknown =>
    value === null || value === undefined ? value : mask(value, parent as { fullName?: string });
  field.resolve = (parent, args, context, info) => {
    const { caller } = context as { caller: Caller };
    const value: unknown = resolve(parent, args, context as { caller: Caller }, info);
    if (!roles.includes(caller.role)) return value;
    return value instanceof Promise ? value.then((found) => masked(found, parent)) : masked(value, parent);
  };
}
