/**
 * What can be done through the API, said once each: how it is called, what it will do, what it asks
 * for, and its mutation. Buttons, menus, cures and the command palette are all made from these.
 */
import type { TypedDocumentNode } from 'urql';

/** Something that is asked for before it is done. */
export interface ActionField {
  /** The input's field. */
  readonly name: string;
  readonly label: string;
  /** `many`: any number of the options, or all of them (null). `family`: by its name, held by its id. */
  readonly kind: 'text' | 'family' | 'long-text' | 'password' | 'number' | 'instant' | 'select' | 'checkbox' | 'many';
  readonly hint?: string;
  readonly options?: readonly Option[] | (() => Promise<readonly Option[]>);
  readonly isRequired?: boolean;
  /** `many`: how "all of them" reads. */
  readonly allText?: string;
  /** `number`: emptied it is sent as null, which takes away what was set. */
  readonly isLiftedByNull?: boolean;
  /** `instant`: the other field whose instant comes before it. */
  readonly laterThan?: string;
  /** `instant`: lengths from now that are a click away, in minutes. */
  readonly ahead?: readonly (readonly [text: string, minutes: number])[];
  /** Asked for only where the input has this other field: the same mutation takes one or a span. */
  readonly onlyWith?: string;
  /** Asked for only while another field has this value: it means nothing otherwise. */
  readonly onlyWhen?: readonly [field: string, value: string];
}

export type Option = readonly [value: string, text: string, hint?: string];

/** The refusals that every mutation may answer with, and their problems by field. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly issues?: readonly { readonly path: readonly string[]; readonly code: string; readonly message: string }[];
}

/** What a mutation's document answers: its root field under the name `outcome`. */
interface Answer {
  readonly outcome: object | null;
}

type PayloadOf<Result> = Result extends { readonly outcome: infer Outcome }
  ? Exclude<NonNullable<Outcome>, { code: unknown }>
  : never;

export interface Action<Input extends object = never, Payload = never> {
  /** The mutation's root field, by which the viewer may use it or not. */
  readonly mutation: string;
  /** A verb and what it is done to: "Retry now". */
  readonly label: string;
  /** On the button of its dialog, where the label alone could mean the dialog itself. */
  readonly confirmLabel: string | undefined;
  /** What it will do, before it is done. */
  readonly explains: string;
  /** `required`: the API insists on one, or it cannot be undone. */
  readonly reason: 'required' | 'optional' | 'none';
  readonly fields: readonly ActionField[];
  readonly isDangerous: boolean;
  /** Done at a click: it takes nothing away and is easily taken back. */
  readonly isInstant: boolean;
  /** Whether the input takes an idempotency key, so that a click that is sent twice is done once. */
  readonly hasKey: boolean;
  readonly document: TypedDocumentNode<Answer, { input: Input }>;
  /** What was done, for people. */
  readonly says: (payload: Payload) => string;
  /** What is shown this once and never again. */
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

/** Says an action; what is left out is as harmless as it sounds. */
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

/** Any of them, where its input is only known when it runs: cures and the palette. */
// biome-ignore lint/suspicious/noExplicitAny: inputs are as different as the mutations; the API checks them.
export type AnyAction = Action<any, any>;
