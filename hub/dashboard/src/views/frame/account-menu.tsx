import { ActionIcon, Button, Divider, Modal, Popover } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconLogout, IconShieldLock, IconUserCircle } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../data/api.ts';
import { queryClient } from '../../data/query-client.ts';
import { useMe } from '../../state/session.ts';
import { roleKeys } from '../../text/state-keys.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { LanguageControl, ThemeControl } from './display-controls.tsx';
import { PasswordForm } from './password-form.tsx';

/** Who is signed in and with what rights; language, appearance and the way out. */
export function AccountMenu() {
  const { t } = useText();
  const me = useMe();
  const navigate = useNavigate();
  const [isPasswordOpen, { open: openPassword, close: closePassword }] = useDisclosure(false);
  const [isOpen, setOpen] = useState(false);
  const signOut = useMutation({
    mutationFn: () => api.signOut(),
    onSuccess: async () => {
      await navigate({ to: '/sign-in' });
      queryClient.clear();
    },
  });
  return (
    <>
      <Modal
        opened={isPasswordOpen}
        onClose={closePassword}
        title={t('password.change')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <PasswordForm onChanged={closePassword} />
      </Modal>
      <Popover width={300} position="bottom-end" shadow="md" trapFocus opened={isOpen} onChange={setOpen}>
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={44}
            aria-label={t('account.menu')}
            onClick={() => setOpen(!isOpen)}
          >
            <IconUserCircle stroke={1.5} size={26} aria-hidden />
          </ActionIcon>
        </Popover.Target>
        <Popover.Dropdown className="stack" aria-label={t('account.menu')}>
          <div>
            <div style={{ fontWeight: 600 }}>{me.user.name}</div>
            <div className="soft small">{me.user.email}</div>
          </div>
          <ul className="small">
            {me.grants.map((grant) => (
              <li key={`${grant.role} ${grant.unit.id}`}>
                {t('role.at', { role: t(roleKeys[grant.role]), unit: grant.unit.name })}
              </li>
            ))}
          </ul>
          <Divider />
          <LanguageControl />
          <ThemeControl />
          <Divider />
          <Button
            variant="default"
            leftSection={<IconShieldLock size={18} aria-hidden />}
            onClick={() => {
              setOpen(false);
              void navigate({ to: '/account' });
            }}
          >
            {t('account.open')}
          </Button>
          <Button variant="default" leftSection={<IconKey size={18} aria-hidden />} onClick={openPassword}>
            {t('password.change')}
          </Button>
          <ProblemLine error={signOut.error} />
          <Button
            variant="default"
            leftSection={<IconLogout size={18} aria-hidden />}
            loading={signOut.isPending}
            onClick={() => signOut.mutate()}
          >
            {t('account.signOut')}
          </Button>
          <div className="soft small">{t('account.version', { version: me.version })}</div>
        </Popover.Dropdown>
      </Popover>
    </>
  );
}
