import { Button, TextInput } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../../data/api.ts';
import { useText } from '../../text/use-text.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ProvePassword } from './prove-password.tsx';
import { QrCode } from './qr-code.tsx';
import { Refusal } from './refusal.tsx';
import '../admin/admin.css';
import './account.css';

/** Password, then the authenticator and its first code, then the backup codes. */
export function TwoStepSetup({ onDone }: { readonly onDone: () => unknown }) {
  const { t } = useText();
  const begin = useMutation({ mutationFn: (password: string) => api.beginTwoFactor(password) });
  const confirm = useMutation({ mutationFn: (code: string) => api.confirmTwoFactor(code) });
  if (begin.data && confirm.data) return <BackupCodes codes={begin.data.backupCodes} onKept={onDone} />;
  if (begin.data)
    return (
      <Authenticator
        uri={begin.data.uri}
        secret={begin.data.secret}
        error={confirm.error}
        isPending={confirm.isPending}
        onCode={confirm.mutate}
      />
    );
  return (
    <ProvePassword
      label={t('proof.continue')}
      error={begin.error}
      isPending={begin.isPending}
      onProve={(password) => begin.mutate(password)}
    />
  );
}

interface AuthenticatorProps {
  readonly uri: string;
  readonly secret: string;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly onCode: (code: string) => void;
}

function Authenticator({ uri, secret, error, isPending, onCode }: AuthenticatorProps) {
  const { t } = useText();
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() !== '') onCode(code);
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <p>{t('step.scan')}</p>
      <div style={{ textAlign: 'center' }}>
        <QrCode text={uri} label={t('step.qr')} />
      </div>
      <div className="shown">
        <div className="row" style={{ justifyContent: 'space-between' }}>
          <span className="soft small">{t('step.type')}</span>
          <CopyButton text={secret} />
        </div>
        <output className="code">{secret.replace(/.{4}(?=.)/g, '$& ')}</output>
      </div>
      <TextInput
        label={t('step.code')}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={12}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <Refusal error={error} />
      <Button type="submit" loading={isPending}>
        {t('step.confirm')}
      </Button>
    </form>
  );
}

interface BackupCodesProps {
  readonly codes: readonly string[];
  readonly onKept: () => unknown;
}

/** The codes for the day that the phone is lost; gone from the screen once they are kept. */
export function BackupCodes({ codes, onKept }: BackupCodesProps) {
  const { t } = useText();
  return (
    <div className="stack">
      <div className="notice" data-tone="attention">
        <IconKey aria-hidden />
        <span>{t('step.codes.once')}</span>
      </div>
      <div className="shown stack">
        <div className="row" style={{ justifyContent: 'space-between' }}>
          <span className="soft small">{t('step.codes')}</span>
          <CopyButton text={codes.join('\n')} />
        </div>
        <ul className="backup-codes code">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
      </div>
      <Button onClick={() => onKept()}>{t('step.codes.kept')}</Button>
    </div>
  );
}
