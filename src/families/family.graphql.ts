/** Families with their members and invitations: queried here, maintained elsewhere. */
import type { InvitationStatus, UserRole } from '../database/generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import { connectionSelection, keysetPage, keysetQuery, type OrderKey, pageOf } from '../graphql/keyset.ts';
import type { Caller } from '../work/caller.ts';

const FAMILIES: OrderKey = { list: 'families', field: 'createdAt', direction: 'desc' };
const MEMBERS: OrderKey = { list: 'members', field: 'createdAt', direction: 'asc' };
const INVITATIONS: OrderKey = { list: 'invitations', field: 'createdAt', direction: 'desc' };

/** A caller that is bound to a family sees only that family, its members and its invitations. */
const isFamily = ({ familyId }: Caller) => (familyId === null ? {} : { id: familyId });
const inFamily = ({ familyId }: Caller) => (familyId === null ? {} : { familyId });

export const UserRoleRef = enumOf<UserRole>('UserRole', 'The role of a user in the family.', {
  owner: 'Created the family.',
  admin: 'May manage the family.',
  member: 'An adult with an account of their own.',
  managed_account: 'A child or grandparent whose account the family manages.',
});
const Status = enumOf<InvitationStatus>('InvitationStatus', 'The status of an invitation.', {
  pending: 'Sent; no answer yet.',
  accepted: 'Accepted: the invited person is a member.',
  expired: 'Expired without an answer; deleted 30 days later.',
  canceled: 'Withdrawn before it was accepted.',
});

const User = builder.prismaNode('User', {
  id: { field: 'id' },
  findUnique: (id, { caller }) => ({ id, ...inFamily(caller) }),
  nullable: true,
  description: 'A member of a family.',
  fields: (t) => ({
    userId: t.key('id', 'The plain key.'),
    username: t.textOrNull('username', 'The sign-in name; null for users who sign in by e-mail.'),
    fullName: t.text('fullName', 'The full name.'),
    email: t.string({
      nullable: true,
      description: 'The e-mail address; null for managed accounts, and always null for an ENQUEUER.',
      resolve: ({ email }, _args, { caller }) => (caller.role === 'enqueuer' ? null : email),
    }),
    role: t.expose('role', { type: UserRoleRef, description: 'The user’s role in the family.' }),
    zitadelUserId: t.textOrNull('zitadelUserId', 'The account’s id at the identity provider.'),
    family: t.relation('family', { description: 'The user’s family.' }),
    createdAt: t.at('createdAt', 'When the user was added.'),
  }),
});

const Invitation = builder.prismaNode('Invitation', {
  name: 'FamilyMemberInvitation',
  id: { field: 'id' },
  findUnique: (id, { caller }) => ({ id, ...inFamily(caller) }),
  nullable: true,
  description: 'An invitation to join a family.',
  fields: (t) => ({
    invitationId: t.key('id', 'The plain key.'),
    email: t.text('email', 'The e-mail address of the invited person.'),
    role: t.expose('role', { type: UserRoleRef, description: 'The role that the person gets.' }),
    status: t.expose('status', { type: Status, description: 'The status.' }),
    displayCode: t.text('invitationDisplayCode', 'The short code for people to type.'),
    invitedBy: t.relation('invitedBy', { description: 'Who sent it.' }),
    expiresAt: t.at('expiresAt', 'When it expires.'),
    createdAt: t.at('createdAt', 'When it was sent.'),
  }),
});

const Family = builder.prismaNode('Family', {
  id: { field: 'id' },
  findUnique: (id, { caller }) => ({ id, AND: [isFamily(caller)] }),
  nullable: true,
  description: 'A family.',
  fields: (t) => ({
    familyId: t.key('id', 'The plain key.'),
    name: t.text('name', 'The family’s name.'),
    members: t.connection(
      {
        type: User,
        description: 'The members, in the order in which they were added.',
        select: (args) => ({ members: keysetQuery(MEMBERS, args) }),
        resolve: ({ id, members }, args, { prisma }) => ({
          ...pageOf(MEMBERS, args, members),
          totalCount: () => prisma.user.count({ where: { familyId: id } }),
        }),
      },
      { name: 'FamilyMembersConnection' },
      { name: 'FamilyMembersEdge' },
    ),
    invitations: t.connection(
      {
        type: Invitation,
        description: 'The invitations, newest first.',
        select: (args) => ({ invitations: keysetQuery(INVITATIONS, args) }),
        resolve: ({ id, invitations }, args, { prisma }) => ({
          ...pageOf(INVITATIONS, args, invitations),
          totalCount: () => prisma.invitation.count({ where: { familyId: id } }),
        }),
      },
      { name: 'FamilyInvitationsConnection' },
      { name: 'FamilyInvitationsEdge' },
    ),
    createdAt: t.at('createdAt', 'When the family was created.'),
  }),
});

builder.queryFields((t) => ({
  family: t.prismaField({
    type: 'Family',
    nullable: true,
    description: 'One family by its plain key; null when there is none.',
    args: { familyId: t.arg({ type: 'UUID', required: true, description: 'The family’s key.' }) },
    resolve: (query, _root, { familyId }, { caller, prisma }) =>
      prisma.family.findUnique({ ...query, where: { id: familyId, AND: [isFamily(caller)] } }),
  }),
  families: t.connection(
    {
      type: Family,
      nullable: true,
      description: 'All families, newest first.',
      args: { search: t.arg.string({ description: 'Only families whose name contains this, ignoring case.' }) },
      resolve: async (_root, args, context, info) => {
        const { prisma } = context;
        const named = args.search ? { name: { contains: args.search, mode: 'insensitive' as const } } : {};
        const filter = { ...named, ...isFamily(context.caller) };
        const page = await keysetPage(FAMILIES, args, ({ where, ...rest }) =>
          prisma.family.findMany({ ...connectionSelection(context, info), ...rest, where: { AND: [filter, where] } }),
        );
        return { ...page, totalCount: () => prisma.family.count({ where: filter }) };
      },
    },
    { name: 'FamilyConnection' },
    { name: 'FamilyEdge' },
  ),
}));
