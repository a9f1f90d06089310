/** The three steps of a rotation, with the next one highlighted. */
import { Check } from 'lucide-react';
import { rotateEncryptionKey } from '../../actions/access-actions.ts';
import { ActionButton } from '../../actions/action-button.tsx';
import { Card } from '../../ui/card.tsx';
import type { Step } from './key.rules.ts';

interface CardProps {
  readonly steps: readonly Step[];
  readonly onDone: () => void;
}

const WORDS = { done: 'done', next: 'comes next', later: 'later' } as const;

export const RotationCard = ({ steps, onDone }: CardProps) => (
  <Card
    title="Rotation"
    hint="No downtime needed."
    actions={<ActionButton action={rotateEncryptionKey} input={{}} onDone={onDone} />}
  >
    <ol className="grid gap-2">
      {steps.map(({ text, state }, index) => (
        <li
          key={text}
          aria-current={state === 'next' ? 'step' : undefined}
          className={`flex items-start gap-3 ${state === 'next' ? '' : 'text-muted'}`}
        >
          <span
            aria-hidden
            className={`flex size-6 shrink-0 items-center justify-center rounded-full text-sm font-medium ${
              state === 'done' ? 'bg-good-soft text-good' : state === 'next' ? 'bg-accent-fill text-white' : 'bg-raised'
            }`}
          >
            {state === 'done' ? <Check className="size-3.5" /> : index + 1}
          </span>
          <span className={`min-w-0 pt-0.5 ${state === 'next' ? 'font-medium' : ''}`}>
            {text} <span className="sr-only">({WORDS[state]})</span>
          </span>
        </li>
      ))}
    </ol>
  </Card>
);
