import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Button, type Tone } from './controls.js';

/** A window over the page, with the keyboard inside it; Escape closes it where `onClose` is given. */
export function Dialog({
  title,
  onClose,
  children,
  class: more = '',
  alert = false,
}: {
  title: ComponentChildren;
  onClose?: () => void;
  children: ComponentChildren;
  class?: string;
  /** It interrupts, and wants an answer. */
  alert?: boolean;
}) {
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      // A dialog that is gone from the page does not give the focus back by itself.
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${more}`}
      aria-labelledby={id}
      {...(alert ? { role: 'alertdialog' as const } : {})}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onKeyDown={(event) => {
        // Browsers let a second Escape close what the first one may not.
        if (event.key === 'Escape' && onClose === undefined) event.preventDefault();
      }}
      onClose={() => {
        if (element.current?.isConnected !== true) return;
        if (onClose !== undefined) onClose();
        else element.current.showModal();
      }}
    >
      <div class="dialog-title">
        <h2 id={id} class="text-title">
          {title}
        </h2>
      </div>
      <div class="dialog-body stack">{children}</div>
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm({
  title,
  children,
  yes,
  no,
  tone = 'error',
  busy = false,
  onYes,
  onNo,
}: {
  title: string;
  children?: ComponentChildren;
  yes: string;
  no: string;
  tone?: Tone;
  busy?: boolean;
  onYes: () => void;
  onNo: () => void;
}) {
  return (
    <Dialog title={title} onClose={onNo} alert>
      {children}
      <div class="dialog-actions">
        <Button onClick={onNo}>{no}</Button>
        <Button tone={tone} look="solid" busy={busy} onClick={onYes}>
          {yes}
        </Button>
      </div>
    </Dialog>
  );
}
