import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="keys">Not written yet.</Page>;
}
