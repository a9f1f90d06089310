import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="entry">Not written yet.</Page>;
}
