/**
 * Personal data that some roles do not see (MASK_PERSONAL_DATA_FOR): full names, e-mail addresses,
 * and texts that quote them. The finished schema's resolvers are wrapped here, in one table, so that
 * no road to a field goes round it; where nothing is masked, nothing is wrapped.
 */
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import type { Caller, Role } from './caller.ts';
import { BLOT, blotted, blottedDeep } from './personal-data.rules.ts';

type Mask = (value: unknown, parent: { readonly fullName?: string }) => unknown;

const all: Mask = () => BLOT;
const text: Mask = (value, { fullName }) => blotted(String(value), fullName ?? null);
const deep: Mask = (value, { fullName }) => blottedDeep(value, fullName ?? null);

/** By field; values that are null stay null. */
const PERSONAL: Readonly<Record<string, Mask>> = {
  'QueuedCreation.fullName': all,
  'User.fullName': all,
  'User.email': all,
  'FamilyMemberInvitation.email': all,
  'QueuedCreation.lastErrorMessage': text,
  'QueuedCreation.attempts': deep,
  'QueuedCreation.explanation': deep,
  'JobSchedule.explanation': deep,
  'FailureGroup.message': text,
  'JobRun.errorMessage': text,
  'RunLogLine.message': text,
  'RunLogLine.fields': deep,
  'WebhookAttempt.answer': text,
  'OutboxEvent.payload': deep,
  'OutboxEvent.aggregateName': text,
  'OutboxEvent.errorMessage': text,
  'AuditEntry.before': deep,
  'AuditEntry.after': deep,
};

/** What people write as reasons may hold addresses; names in them are not told from other words. */
const REASONS: readonly string[] = ['reason', 'changeReason', 'undoReason'];

/** Hides personal data from callers of these roles. */
export function maskPersonalData(schema: GraphQLSchema, roles: readonly Role[]): void {
  if (roles.length === 0) return;
  const reasons = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) ? REASONS.flatMap((name) => (type.getFields()[name] ? [`${type.name}.${name}`] : [])) : [],
  );
  const masks: readonly (readonly [string, Mask])[] = [
    ...Object.entries(PERSONAL),
    ...reasons.map((coordinate) => [coordinate, text] as const),
  ];
  for (const [coordinate, mask] of masks) {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const type = schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (field === undefined) throw new Error(`${coordinate} is to be masked, but the schema does not have it.`);
    const resolve: GraphQLFieldResolver<never, { caller: Caller }> = field.resolve ?? defaultFieldResolver;
    field.resolve = async (parent, args, context: { caller: Caller }, info) => {
      const value: unknown = await resolve(parent as never, args, context, info);
      if (value === null || value === undefined || !roles.includes(context.caller.role)) return value;
      return mask(value, parent as { fullName?: string });
    };
  }
}
