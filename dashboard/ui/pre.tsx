/** Machine text, unchanged, line by line; long text scrolls in its own box. */
import { CopyIcon } from './copy.tsx';

interface PreProps {
  /** What the text is, for screen readers and for the copy button. */
  readonly label: string;
  readonly text: string;
}

export const Pre = ({ label, text }: PreProps) => (
  <div className="relative min-w-0">
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard. */}
    <section tabIndex={0} aria-label={label} className="max-h-80 overflow-auto rounded-md border bg-raised">
      <pre className="px-3 py-2 pr-10 font-mono text-xs break-words whitespace-pre-wrap">{text}</pre>
    </section>
    <div className="absolute top-1 right-1">
      <CopyIcon text={text} label={`Copy ${label.charAt(0).toLowerCase()}${label.slice(1)}`} />
    </div>
  </div>
);

/** Indents JSON; returns text that is not JSON unchanged. */
export function indented(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
