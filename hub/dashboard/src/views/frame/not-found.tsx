import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { useText } from '../../text/use-text.ts';
import { Blank } from '../../ui/blank.tsx';
import { ProblemPanel } from '../../ui/problem-panel.tsx';

/** An address that leads nowhere; offers the search instead of an end. */
export function NotFoundPage() {
  const { t } = useText();
  return (
    <main>
      <h1 className="visually-hidden">Edufleet</h1>
      <Blank icon={IconMapOff} title={t('error.page.title')}>
        <p>{t('error.page.do')}</p>
        <Button variant="default" renderRoot={(props) => <Link to="/devices" {...props} />}>
          {t('nav.devices')}
        </Button>
      </Blank>
    </main>
  );
}

/** A page that broke while drawing itself. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const { t } = useText();
  return (
    <main>
      <ProblemPanel error={error} what={t('nav.label')} retry={reset} />
    </main>
  );
}
