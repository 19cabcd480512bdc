// SPDX-License-Identifier: MIT
// Amounts as the command prints them: bytes as GiB with two decimals, counts in groups of three.

const bytesPerGib = 2 ** 30;

/** "1.50 GiB"; a tie goes to the even digit, as in the command's text. */
export function gib(bytes) {
  const hundredths = Math.abs(bytes) * 100 / bytesPerGib;
  const whole = Math.floor(hundredths), rest = hundredths - whole;
  const rounded = rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole;
  const text = `${Math.floor(rounded / 100)}.${String(rounded % 100).padStart(2, '0')} GiB`;
  return bytes < 0 ? `-${text}` : text;
}

/** As an axis needs it. */
export const inGib = (bytes) => bytes / bytesPerGib;

/** "18,432", in every language as in the command's text. */
export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;

/** "7.62 B" for 7615616512 parameters. */
export const billions = (count) => `${(count / 1e9).toPrecision(3)} B`;
