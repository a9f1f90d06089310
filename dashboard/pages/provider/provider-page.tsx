import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="provider">Not written yet.</Page>;
}
