import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { useText } from '../text/use-text.ts';

/** The clipboard interface exists in secure contexts only, and many schools open the hub by plain HTTP: select and copy instead. */
function copyBySelection(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.setAttribute('aria-hidden', 'true');
  field.className = 'visually-hidden';
  // Inside an open dialog, so that its focus trap does not take the selection away.
  const host = document.querySelector('[role="dialog"]') ?? document.body;
  host.append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  return copied;
}

async function copy(text: string): Promise<boolean> {
  if (!navigator.clipboard) return copyBySelection(text);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Refused by the browser's permission: the older way needs none.
    return copyBySelection(text);
  }
}

/** Copies a text and says so. */
export function CopyButton({ text }: { readonly text: string }) {
  const { t } = useText();
  const [copied, setCopied] = useState(false);
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
      onClick={() => void copy(text).then(setCopied)}
      aria-live="polite"
    >
      {copied ? t('word.copied') : t('word.copy')}
    </Button>
  );
}
