// SPDX-License-Identifier: MIT
// A reader's taste, kept by the browser where it keeps anything.

export function recall(name) {
  try {
    return localStorage.getItem(`calibram.${name}`);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`calibram.${name}`, value);
  } catch {
    // A browser that keeps nothing asks anew each time.
  }
}
