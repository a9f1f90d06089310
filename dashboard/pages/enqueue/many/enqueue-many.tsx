/** Many accounts from a table: read, mapped, checked, sent, and what became of each. */
import { CheckCard } from './check-card.tsx';
import { ColumnsCard } from './columns-card.tsx';
import { draft } from './draft.ts';
import { ResultCard } from './result-card.tsx';
import { sending } from './sending.ts';
import { SourceCard } from './source-card.tsx';

export default function EnqueueMany() {
  const { table } = draft.use();
  const { status } = sending.use();
  if (status !== 'idle') return <ResultCard />;
  if (table === undefined) return <SourceCard />;
  return (
    <>
      <ColumnsCard />
      <CheckCard />
    </>
  );
}
