import { Button, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconShieldCheck, IconShieldOff } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../data/api.ts';
import { useMe } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { ProvePassword } from './prove-password.tsx';
import { BackupCodes, TwoStepSetup } from './two-step-setup.tsx';

type Doing = 'set-up' | 'renew' | 'disable';

const titles = { 'set-up': 'step.setUp', renew: 'step.codes.renew', disable: 'step.disable' } as const;

/** The second step at sign-in: whether there is one, and changing that. */
export function TwoStepCard() {
  const { t } = useText();
  const isOn = useMe().twoFactor === true;
  const client = useQueryClient();
  const [doing, setDoing] = useState<Doing>();
  const end = () => {
    setDoing(undefined);
    return client.invalidateQueries({ queryKey: ['me'] });
  };
  const Icon = isOn ? IconShieldCheck : IconShieldOff;
  return (
    <section className="card stack">
      <div className="card-head">
        <h2>{t('step.title')}</h2>
        <span className="state" data-pill data-tone={isOn ? 'ok' : 'quiet'}>
          <Icon aria-hidden />
          {t(isOn ? 'step.on' : 'step.off')}
        </span>
      </div>
      <p className="soft">{t('step.what')}</p>
      <div className="row">
        {isOn ? (
          <>
            <Button variant="default" onClick={() => setDoing('renew')}>
              {t('step.codes.renew')}
            </Button>
            <Button variant="default" onClick={() => setDoing('disable')}>
              {t('step.disable')}
            </Button>
          </>
        ) : (
          <Button onClick={() => setDoing('set-up')}>{t('step.setUp')}</Button>
        )}
      </div>
      <Modal
        opened={doing !== undefined}
        onClose={() => void end()}
        closeOnClickOutside={false}
        title={doing === undefined ? undefined : t(titles[doing])}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {doing === 'set-up' ? <TwoStepSetup onDone={end} /> : null}
        {doing === 'renew' ? <RenewCodes onDone={end} /> : null}
        {doing === 'disable' ? <Disable onDone={end} /> : null}
      </Modal>
    </section>
  );
}

function RenewCodes({ onDone }: { readonly onDone: () => unknown }) {
  const { t } = useText();
  const renew = useMutation({ mutationFn: (password: string) => api.renewBackupCodes(password) });
  if (renew.data) return <BackupCodes codes={renew.data.backupCodes} onKept={onDone} />;
  return (
    <div className="stack">
      <p>{t('step.codes.renew.text')}</p>
      <ProvePassword
        label={t('step.codes.renew')}
        error={renew.error}
        isPending={renew.isPending}
        onProve={(password) => renew.mutate(password)}
      />
    </div>
  );
}

function Disable({ onDone }: { readonly onDone: () => unknown }) {
  const { t } = useText();
  const disable = useMutation({
    mutationFn: (password: string) => api.disableTwoFactor(password),
    onSuccess: () => {
      notifications.show({ message: t('step.disabled'), withCloseButton: false });
      return onDone();
    },
  });
  return (
    <div className="stack">
      <p>{t('step.disable.text')}</p>
      <ProvePassword
        label={t('step.disable')}
        danger
        error={disable.error}
        isPending={disable.isPending}
        onProve={(password) => disable.mutate(password)}
      />
    </div>
  );
}
