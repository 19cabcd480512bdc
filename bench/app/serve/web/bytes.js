// SPDX-License-Identifier: MIT
// Amounts as the command prints them: bytes as GiB with two decimals, counts in groups of three.

const bytesPerGib = 2 ** 30, bytesPerMib = 2 ** 20;

/** With two decimals; a tie goes to the even digit, as in the command's text. */
function decimal(bytes, unitBytes) {
  const hundredths = Math.abs(bytes) * 100 / unitBytes;
  const whole = Math.floor(hundredths), rest = hundredths - whole;
  const rounded = rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole;
  return `${bytes < 0 ? '-' : ''}${Math.floor(rounded / 100)}.${String(rounded % 100).padStart(2, '0')}`;
}

/** "1.50 GiB" */
export const gib = (bytes) => `${decimal(bytes, bytesPerGib)} GiB`;

/** "4.11 MiB" */
export const mib = (bytes) => `${decimal(bytes, bytesPerMib)} MiB`;

/** As an axis needs it. */
export const inGib = (bytes) => bytes / bytesPerGib;

/** "18,432", in every language as in the command's text. */
export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;

/** "7.62 B" for 7615616512 parameters. */
export const billions = (count) => `${(count / 1e9).toPrecision(3)} B`;
