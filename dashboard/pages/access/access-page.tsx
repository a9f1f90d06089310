import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="access">Not written yet.</Page>;
}
