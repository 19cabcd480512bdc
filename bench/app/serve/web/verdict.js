// SPDX-License-Identifier: MIT
// Whether something fits, in words and a mark, never by colour alone.
import {gib} from '/bytes.js';
import {element} from '/elements.js';
import {t} from '/texts.js';

/** "fits, 8.26 GiB left" of {fits, headroom_bytes}. */
export function roomText({fits, headroom_bytes}) {
  return t(fits ? 'room.left' : 'room.missing', {size: gib(fits ? headroom_bytes : -headroom_bytes)});
}

/** A short mark: fits or does not. */
export function fitMark(fits) {
  return element('span', {class: fits ? 'mark yes' : 'mark no'}, t(fits ? 'fits' : 'fits.not'));
}
