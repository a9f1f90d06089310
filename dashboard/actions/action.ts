/**
 * The actions of the API, each defined once: its label, its explanation, its fields and its mutation. Buttons, menus,
 * the API's cures and the command palette use these definitions.
 */

import { useEffect, useState } from 'react';
import type { TypedDocumentNode } from 'urql';

/** A field of the action's dialog. */
export interface ActionField {
  /** The name of the input's field. */
  readonly name: string;
  readonly label: string;
  /** `many`: any number of the options, or all of them (null). `family`: chosen by name, stored by id. */
  readonly kind: 'text' | 'family' | 'long-text' | 'password' | 'number' | 'instant' | 'select' | 'checkbox' | 'many';
  readonly hint?: string;
  readonly options?: readonly Option[] | (() => Promise<readonly Option[]>);
  readonly isRequired?: boolean;
  /** `many`: the label for "all of them". */
  readonly allText?: string;
  /** `number`: an emptied field is sent as null, which removes the current value. */
  readonly isLiftedByNull?: boolean;
  /** `instant`: the name of the field whose instant must come before this one. */
  readonly laterThan?: string;
  /** `instant`: buttons for times from now, in minutes. */
  readonly ahead?: readonly (readonly [text: string, minutes: number])[];
  /** Shown only if the input has this field: the same mutation takes one object or a range. */
  readonly onlyWith?: string;
  /** Shown only while another field has this value, because it has no meaning otherwise. */
  readonly onlyWhen?: readonly [field: string, value: string];
}

export type Option = readonly [value: string, text: string, hint?: string];

/** The error that every mutation may return, with its issues by field. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly issues?: readonly { readonly path: readonly string[]; readonly code: string; readonly message: string }[];
}

/** The result of a mutation's document: its root field under the alias `outcome`. */
interface Answer {
  readonly outcome: object | null;
}

type PayloadOf<Result> = Result extends { readonly outcome: infer Outcome }
  ? Exclude<NonNullable<Outcome>, { code: unknown }>
  : never;

export interface Action<Input extends object = never, Payload = never> {
  /** The mutation's root field; the viewer's permission depends on it. */
  readonly mutation: string;
  /** A verb and its object: "Retry now". */
  readonly label: string;
  /** The label of the dialog's button, where the action's label alone could mean the dialog itself. */
  readonly confirmLabel: string | undefined;
  /** Explains what the action will do. */
  readonly explains: string;
  /** `required`: the API requires a reason, or the action cannot be undone. */
  readonly reason: 'required' | 'optional' | 'none';
  readonly fields: readonly ActionField[];
  readonly isDangerous: boolean;
  /** Runs on click, without a dialog: it destroys nothing and is easily undone. */
  readonly isInstant: boolean;
  /** Whether the input takes an idempotency key, so that a repeated request has one effect. */
  readonly hasKey: boolean;
  readonly document: TypedDocumentNode<Answer, { input: Input }>;
  /** Describes what was done, as a message for the user. */
  readonly says: (payload: Payload) => string;
  /** Returns a secret that is shown only once. */
  readonly reveals: ((payload: Payload) => Secret | undefined) | undefined;
}

export interface Secret {
  readonly label: string;
  readonly value: string;
}

interface Options<Input extends object, Result extends Answer> {
  readonly mutation: string;
  readonly label: string;
  readonly confirmLabel?: string;
  readonly explains: string;
  readonly document: TypedDocumentNode<Result, { input: Input }>;
  readonly says: string | ((payload: PayloadOf<Result>) => string);
  readonly reason?: 'required' | 'optional' | 'none';
  readonly fields?: readonly (ActionField & { readonly name: keyof Input & string })[];
  readonly isDangerous?: boolean;
  readonly isInstant?: boolean;
  readonly hasKey?: boolean;
  readonly reveals?: (payload: PayloadOf<Result>) => Secret | undefined;
}

/** Defines an action; the defaults are those of a harmless action. */
export function action<Input extends object, Result extends Answer>({
  says,
  reason = 'none',
  fields = [],
  isDangerous = false,
  isInstant = false,
  hasKey = false,
  reveals,
  confirmLabel,
  ...rest
}: Options<Input, Result>): Action<Input, PayloadOf<Result>> {
  return {
    ...rest,
    document: rest.document as unknown as TypedDocumentNode<Answer, { input: Input }>,
    says: typeof says === 'string' ? () => says : says,
    reason,
    fields,
    isDangerous,
    isInstant,
    hasKey,
    reveals,
    confirmLabel,
  };
}

/** Any action, where its input is known only at run time: cures and the palette. */
// biome-ignore lint/suspicious/noExplicitAny: inputs are as different as the mutations; the API checks them.
export type AnyAction = Action<any, any>;

/* The common end times that are offered wherever something is paused or silenced. */

export const AHEAD: NonNullable<ActionField['ahead']> = [
  ['1 h', 60],
  ['4 h', 240],
  ['1 day', 1_440],
  ['1 week', 10_080],
];

/* The options of a field: a fixed list, or fetched when the field is shown. */

const NONE: readonly Option[] = [];

export function useOptions(offered: ActionField['options']): readonly Option[] {
  const [fetched, setFetched] = useState<readonly Option[]>(NONE);
  useEffect(() => {
    if (typeof offered !== 'function') return;
    let isGone = false;
    // If they cannot be fetched, the field has no options; the rest of the dialog still works.
    void offered().then(
      (options) => !isGone && setFetched(options),
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [offered]);
  return typeof offered === 'function' ? fetched : (offered ?? NONE);
}
