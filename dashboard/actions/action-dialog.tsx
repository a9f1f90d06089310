/** Explains an action, asks for its input, runs it, and shows errors at their fields. */

import { type FormEvent, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField, useFirstProblem } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { toast } from '../ui/toasts.tsx';
import type { Action, ActionField, Secret } from './action.ts';
import { fieldsFor, givenIn, problemsIn } from './asked.rules.ts';
import { AskedField } from './asked-field.tsx';
import { perform, problemsOf } from './perform.ts';

export interface ActionDialogProps<Input extends object, Payload> {
  readonly action: Action<Input, Payload>;
  /** The input that is already known: the object of the action. */
  readonly input: Partial<Input>;
  /** The object in words: a username, a job's name. */
  readonly subject?: string | undefined;
  /** The initial values of the fields. */
  readonly initial?: Partial<Input> | undefined;
  readonly onDone?: ((payload: Payload) => void) | undefined;
  readonly onClose: () => void;
}

type Values = Record<string, unknown>;

export function ActionDialog<Input extends object, Payload>({
  action,
  input,
  subject,
  initial,
  onDone,
  onClose,
}: ActionDialogProps<Input, Payload>) {
  const [values, setValues] = useState<Values>(() => ({ ...firstChoices(action.fields), ...initial }));
  const [problems, setProblems] = useState<{ fields: Record<string, string>; rest: string | undefined }>({
    fields: {},
    rest: undefined,
  });
  const form = useFirstProblem(problems);
  const [isBusy, setBusy] = useState(false);
  const [secret, setSecret] = useState<Secret>();
  const fields = fieldsFor(action.fields, input, values);
  const set = (name: string, value: unknown): void => setValues((before) => ({ ...before, [name]: value }));

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const asked = { ...input, ...givenIn(action.fields, fields, values) };
    const wrong = problemsIn(fields, action.reason === 'required', asked);
    if (wrong !== undefined) return setProblems({ fields: wrong, rest: undefined });
    setBusy(true);
    const given = asked as unknown as Input;
    const result = await perform(action, given);
    setBusy(false);
    if (result.kind === 'broken') return setProblems({ fields: {}, rest: result.message });
    if (result.kind === 'refused')
      return setProblems(problemsOf(result.refusal, [...fields.map(({ name }) => name), 'reason']));
    toast(action.says(result.payload));
    onDone?.(result.payload);
    const revealed = action.reveals?.(result.payload);
    if (revealed === undefined) onClose();
    else setSecret(revealed);
  };

  const title = subject === undefined ? action.label : `${action.label}: ${subject}`;
  if (secret !== undefined)
    return (
      <Dialog title={title} onClose={onClose} isHeld>
        <Notice tone="warn">{secret.label} is shown only once. Copy it now.</Notice>
        <output
          ref={focusOn}
          tabIndex={-1}
          aria-label={secret.label}
          className="block rounded-md bg-raised px-3 py-2 font-mono break-all outline-none"
        >
          {secret.value}
        </output>
        <div className="flex justify-end gap-2">
          <CopyButton text={secret.value}>Copy</CopyButton>
          <Button kind="primary" isSmall onClick={onClose}>
            Done
          </Button>
        </div>
      </Dialog>
    );
  // Closing the dialog before the response arrives would lose a secret that is shown only once.
  const isHeld = isBusy && action.reveals !== undefined;
  return (
    <Dialog title={title} onClose={onClose} isHeld={isHeld}>
      <form ref={form} onSubmit={(event) => void submit(event)} className="grid gap-4" noValidate>
        <p className="text-muted">{action.explains}</p>
        {problems.rest !== undefined && (
          <Notice tone="bad" isUrgent>
            {problems.rest}
          </Notice>
        )}
        {fields.map((field) => (
          <AskedField
            key={field.name}
            field={field}
            value={values[field.name]}
            problem={problems.fields[field.name]}
            onChange={(value) => set(field.name, value)}
          />
        ))}
        {action.reason !== 'none' && (
          <TextField
            label={action.reason === 'required' ? 'Reason' : 'Reason (optional)'}
            hint="Recorded in the audit trail."
            problem={problems.fields.reason}
            required={action.reason === 'required'}
            maxLength={500}
            value={String(values.reason ?? '')}
            onChange={({ target }) => set('reason', target.value === '' ? undefined : target.value)}
          />
        )}
        <div className="flex justify-end gap-2">
          <Button
            onClick={onClose}
            disabledBecause={isHeld ? 'In progress. The result is shown only once.' : undefined}
          >
            Back
          </Button>
          <Button type="submit" kind={action.isDangerous ? 'danger' : 'primary'} isBusy={isBusy}>
            {action.confirmLabel ?? action.label}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Moves the focus to the secret that is shown once. */
const focusOn = (element: HTMLElement | null): void => element?.focus();

/** A required select shows its first option, so that option is its initial value. */
const firstChoices = (fields: readonly ActionField[]): Values =>
  Object.fromEntries(
    fields.flatMap(({ name, kind, isRequired, options }) => {
      const first = typeof options === 'function' ? undefined : options?.[0];
      return kind === 'select' && isRequired === true && first !== undefined ? [[name, first[0]]] : [];
    }),
  );
