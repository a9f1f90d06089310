/** Before and after side by side; changes are named in words, not only by colour. */
import { Time } from '../../ui/time.tsx';
import { type Difference, differencesOf, nameWords, shown } from './difference.rules.ts';

const MARKS: Readonly<Record<Difference['kind'], readonly [text: string, look: string]>> = {
  changed: ['changed', 'text-warn'],
  added: ['set', 'text-good'],
  removed: ['removed', 'text-bad'],
  same: ['as it was', 'text-muted'],
};

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export function Differences({ before, after }: { readonly before: unknown; readonly after: unknown }) {
  const all = differencesOf(before, after);
  if (all.length === 0) return null;
  const hasBefore = all.some(({ kind }) => kind !== 'added');
  return (
    <section aria-label="What changed" className="min-w-0 overflow-x-auto rounded-lg border">
      <table className="w-full border-collapse text-sm">
        <thead className="text-left text-muted">
          <tr className="border-b">
            <th scope="col" className="px-3 py-1.5 font-medium">
              Field
            </th>
            {hasBefore && (
              <th scope="col" className="px-3 py-1.5 font-medium">
                Before
              </th>
            )}
            <th scope="col" className="px-3 py-1.5 font-medium">
              {hasBefore ? 'After' : 'Value'}
            </th>
            {hasBefore && (
              <th scope="col" className="px-3 py-1.5 max-sm:hidden">
                <span className="sr-only">What happened to it</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {all.map(({ name, before: was, after: is, kind }) => (
            <tr key={name} className={`border-b align-top last:border-0 ${kind === 'same' ? 'text-muted' : ''}`}>
              <th scope="row" className="px-3 py-1.5 text-left font-normal">
                {nameWords(name)}
              </th>
              {hasBefore && (
                <td className={`px-3 py-1.5 ${kind === 'changed' || kind === 'removed' ? 'bg-bad-soft/50' : ''}`}>
                  {kind === 'added' ? '–' : <Value of={was} />}
                </td>
              )}
              <td className={`px-3 py-1.5 ${kind === 'changed' || kind === 'added' ? 'bg-good-soft/50' : ''}`}>
                {kind === 'removed' ? '–' : <Value of={kind === 'same' ? was : is} />}
              </td>
              {hasBefore && (
                <td className={`px-3 py-1.5 whitespace-nowrap max-sm:hidden ${MARKS[kind][1]}`}>{MARKS[kind][0]}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Value({ of }: { readonly of: unknown }) {
  if (typeof of === 'string' && INSTANT.test(of)) return <Time at={of} as="exact" />;
  const text = shown(of);
  if (text.length <= 200) return <span className="break-words">{text}</span>;
  return (
    <details>
      <summary className="text-accent">{Array.isArray(of) ? `${of.length} of them` : `${text.slice(0, 60)}…`}</summary>
      <span className="font-mono text-xs break-all">{text}</span>
    </details>
  );
}
