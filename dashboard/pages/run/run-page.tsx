import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="run">Not written yet.</Page>;
}
