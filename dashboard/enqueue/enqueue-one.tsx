/** The form for one account. All problems are shown at once, each at its field. */

import { Eye, EyeOff, UserPlus } from 'lucide-react';
import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { perform, problemsOf } from '../actions/perform.ts';
import { type Copied, copiedFrom } from '../entries/entry.rules.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { InstantField, TextField } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import {
  type AccountProblems,
  type AccountRole,
  accountProblems,
  normaliseUsername,
  usernameProblem,
} from './account.rules.ts';
import { enqueueAccount } from './enqueue-actions.ts';
import { type Made, without } from './made.rules.ts';
import { MadeOne } from './made-one.tsx';
import { guardLeaving, keep } from './use-members.ts';
import { NOBODY, RoleField, type Who, WhoFields } from './who-fields.tsx';

/* State of the form and the entries enqueued with it; both survive navigation. */

interface Form {
  readonly who: Who;
  readonly username: string;
  readonly fullName: string;
  readonly role: AccountRole;
  readonly password: string;
  readonly runAt: string | undefined;
  /** Enqueued entries not dismissed yet, newest first. */
  readonly made: readonly Made[];
  /** The entry whose data filled the form. */
  readonly copiedFrom: string | undefined;
}

const EMPTY = { username: '', fullName: '', password: '', runAt: undefined, copiedFrom: undefined } as const;

const form = keep<Form>({ ...EMPTY, who: NOBODY, role: 'MANAGED_ACCOUNT', made: [] });
guardLeaving(() => form.get().made.some(({ password }) => password !== null));

/** Fills the form from an entry that cannot succeed. Results with a password not yet dismissed stay visible. */
function fillIn({ entryId, familyId, createdByUserId, username, fullName, role }: Copied): void {
  form.set({
    ...EMPTY,
    made: without(
      form.get().made.filter(({ password }) => password !== null),
      entryId,
    ),
    who: { familyId, familyName: '', createdByUserId },
    username,
    fullName,
    role: role === 'ADMIN' || role === 'MEMBER' ? role : 'MANAGED_ACCOUNT',
    copiedFrom: entryId,
  });
}

const wasMade = (made: Made): void => form.set({ ...EMPTY, made: [made, ...form.get().made] });
const putAway = (entryId: string): void => form.set({ made: without(form.get().made, entryId) });

const SHOWN = ['familyId', 'createdByUserId', 'username', 'fullName', 'role', 'password', 'runAt'] as const;

export function EnqueueOne() {
  const { who, username, fullName, role, password, runAt, made, copiedFrom: origin } = form.use();
  const [search, setSearch] = useSearchParams();
  const may = usePermission('enqueueAccount');
  const element = useRef<HTMLFormElement>(null);
  const [problems, setProblems] = useState<AccountProblems>({});
  const [rest, setRest] = useState<string>();
  const [shownCount, setShownCount] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const [isShown, setShown] = useState(false);

  useEffect(() => {
    const copied = copiedFrom(search);
    if (copied === undefined) return;
    fillIn(copied);
    // Removes the parameters, so that they do not overwrite later input.
    setSearch({}, { replace: true });
  }, [search, setSearch]);

  const setWho = useCallback((chosen: Who) => form.set({ who: chosen }), []);

  const show = (found: AccountProblems, other?: string): void => {
    setProblems(found);
    setRest(other);
    setShownCount((before) => before + 1);
  };
  // Focuses the first invalid field, after it is rendered.
  useEffect(() => {
    if (shownCount > 0) element.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus();
  }, [shownCount]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const { familyId, createdByUserId } = who;
    const found = accountProblems({ familyId, createdByUserId, username, fullName, role, password, runAt });
    // Without valid ids the request would be malformed; all other fields are better validated by the server.
    if (found.familyId !== undefined || found.createdByUserId !== undefined) return show(found);
    setBusy(true);
    const input = { familyId, createdByUserId, username, fullName, role, password: password || null, runAt };
    const result = await perform(enqueueAccount, input);
    setBusy(false);
    if (result.kind === 'broken') return show({}, result.message);
    if (result.kind === 'refused') {
      if (result.refusal.code === 'USERNAME_TAKEN') return show({ username: result.refusal.message });
      const { fields, rest: other } = problemsOf(result.refusal, SHOWN);
      return show(fields, other);
    }
    const { entry, generatedPassword, isReplay } = result.payload;
    show({});
    wasMade({ ...entry, password: generatedPassword, isLost: isReplay && password === '' });
  };

  const isFormShown = made.length === 0 || origin !== undefined;
  const results = made.map((one) => (
    <MadeOne key={one.entryId} made={one} isBeside={isFormShown} onTaken={() => putAway(one.entryId)} />
  ));
  if (!isFormShown) return results;
  return (
    <>
      <Card title="One account" hint={enqueueAccount.explains}>
        <form ref={element} onSubmit={(event) => void submit(event)} className="grid max-w-3xl gap-4" noValidate>
          {origin !== undefined && (
            <Notice tone="info">
              Filled in from{' '}
              <Link href={`/queue/${origin}`} className="text-accent underline">
                an entry
              </Link>{' '}
              , which cannot succeed as it is. Change what was refused. Its password is not copied.
            </Notice>
          )}
          {rest !== undefined && (
            <Notice tone="bad" isUrgent>
              {rest}
            </Notice>
          )}
          <div className="grid items-start gap-4 sm:grid-cols-2">
            <WhoFields value={who} onChange={setWho} problems={problems} />
            <TextField
              label="Username"
              hint={
                username === normaliseUsername(username) || usernameProblem(username) !== undefined
                  ? '3 to 20 characters: a to z, 0 to 9, _.'
                  : `Stored as ${normaliseUsername(username)}.`
              }
              problem={problems.username}
              value={username}
              spellCheck={false}
              autoCapitalize="none"
              onChange={({ target }) => form.set({ username: target.value })}
            />
            <TextField
              label="Full name"
              hint="At most 100 characters."
              problem={problems.fullName}
              value={fullName}
              onChange={({ target }) => form.set({ fullName: target.value })}
            />
            <RoleField value={role} onChange={(chosen) => form.set({ role: chosen })} problem={problems.role} />
            <div className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-2">
              <TextField
                label="Password (optional)"
                hint="At least 12 characters. Empty: generated and shown once."
                problem={problems.password}
                type={isShown ? 'text' : 'password'}
                autoComplete="new-password"
                value={password}
                onChange={({ target }) => form.set({ password: target.value })}
              />
              <div className="pt-6">
                <Button icon={isShown ? EyeOff : Eye} aria-pressed={isShown} onClick={() => setShown(!isShown)}>
                  {isShown ? 'Hide' : 'Show'}
                </Button>
              </div>
            </div>
            <InstantField
              label="Run at (optional)"
              problem={problems.runAt}
              value={runAt}
              onInstant={(instant) => form.set({ runAt: instant })}
            />
          </div>
          <div>
            <Button
              type="submit"
              kind="primary"
              icon={UserPlus}
              isBusy={isBusy}
              disabledBecause={may.isAllowed ? undefined : may.reason}
            >
              Enqueue
            </Button>
          </div>
        </form>
      </Card>
      {results}
    </>
  );
}
