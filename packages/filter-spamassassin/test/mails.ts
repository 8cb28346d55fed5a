/** Mails for a real SpamAssassin. */

/** Scores 1000 with every SpamAssassin (https://spamassassin.apache.org/gtube/). */
export const GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'

/** A mail as a Postfix queue holds it; ham unless its body makes it something else. */
export function mail(body: string, subject = 'minutes of our meeting'): string {
  return [
    'Received: from mail.example.org (mail.example.org [192.0.2.7])',
    '\tby mx.example.com (Postfix) with ESMTP id 4ABCDE',
    '\tfor <jane@example.com>; Mon, 6 Jan 2025 10:00:02 +0000 (UTC)',
    'Date: Mon, 6 Jan 2025 10:00:00 +0000',
    'From: Alice Example <alice@example.org>',
    'To: Jane Example <jane@example.com>',
    'Message-ID: <20250106100000.1@example.org>',
    `Subject: ${subject}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'Dear Jane,',
    '',
    'thank you for the minutes. I have read them and agree with all of it.',
    body,
    '',
    'Yours, Alice',
    '',
  ].join('\r\n')
}
