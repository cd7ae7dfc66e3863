// Light or dark as the system says, and the conversation shown, until the person says otherwise; the browser remembers.
(() => {
  const media = matchMedia("(prefers-color-scheme: dark)");
  const draw = () => {
    const dark = localStorage.getItem("dark");
    document.body.classList.toggle("body--dark", dark ? dark === "1" : media.matches);
    document.body.classList.toggle("quiet", localStorage.getItem("quiet") === "1");
  };
  const turn = (name, is) => { localStorage.setItem(name, is ? "0" : "1"); draw(); };
  window.toggleDark = () => turn("dark", document.body.classList.contains("body--dark"));
  window.toggleTalk = () => turn("quiet", document.body.classList.contains("quiet"));
  document.addEventListener("DOMContentLoaded", draw);
  media.addEventListener("change", draw);
})();

// Brings the file that was chosen to the server, saying how far that is, then tells the screen under which key it is
// there. Not by fetch, which does not tell how far it is.
window.sendFile = (event, emit) => {
  const input = event.target, file = input.files[0];
  if (!file) return;
  const most = Number(input.dataset.most);
  const fail = (why) => emit({ problem: `${file.name} could not be brought to the server: ${why}` });
  input.value = "";
  if (file.size > most) return fail(`it is larger than ${most / 2 ** 30} GiB. Import it in the terminal.`);
  emit({ begin: file.name });
  const request = new XMLHttpRequest();
  let told = 0;
  request.upload.onprogress = (sent) => {
    if (Date.now() - told < 300) return;
    told = Date.now();
    emit({ name: file.name, sent: sent.loaded, size: sent.total });
  };
  request.onload = () => {
    try { emit(JSON.parse(request.responseText)); } catch { fail(`the server said ${request.status}.`); }
  };
  request.onerror = () => fail("the connection broke off.");
  request.open("POST", "/upload");
  request.setRequestHeader("X-Name", encodeURIComponent(file.name));
  request.send(file);
};

// A file may be dropped anywhere on a screen that takes one; on others it does not make the browser leave the page.
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const input = document.querySelector(".drop input");
    if (kind === "dragover" || !input || !event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}

// What was done, for some seconds at the foot of the page; the same element is read out.
window.tell = (words, isProblem) => {
  const line = document.getElementById("told");
  line.textContent = words;
  line.className = isProblem ? "told problem" : "told";
  clearTimeout(window.tellEnds);
  window.tellEnds = setTimeout(() => { line.className = "told over"; }, isProblem ? 12000 : 5000);
};

// The conversation stays at its end while what is below it grows, unless the person has scrolled up.
window.toTheEnd = () => {
  const said = document.getElementById("said");
  if (!said) return;
  if (!said.dataset.followed) {
    said.dataset.followed = "1";
    let isAtEnd = true;
    const toEnd = () => { said.scrollTop = said.scrollHeight; };
    said.addEventListener("scroll", () => { isAtEnd = said.scrollHeight - said.scrollTop - said.clientHeight < 40; });
    new ResizeObserver(() => { if (isAtEnd) toEnd(); }).observe(said);
    said.toEnd = toEnd;
  }
  said.toEnd();
  requestAnimationFrame(said.toEnd);
};

// Parts of a screen are drawn anew while somebody is at them. Who had the focus keeps it: in what took the place of the
// element; where nothing did, in the part of the screen around it.
(() => {
  const WAITS = 4000; // for what is drawn a moment later
  let at = null, awaited = null;

  const isThere = (e) => e.isConnected && e.getClientRects().length > 0;
  const isLost = () => at && !isThere(at.element) && (document.activeElement ?? document.body) === document.body;
  const keyOf = (e) => {
    if (!e.matches("a, button, input, select, textarea, summary, [aria-label]")) return null;
    const name = e.getAttribute("aria-label") ?? (e.matches("input, select, textarea") ? e.id : e.textContent);
    return e.dataset.key ?? `${e.tagName} ${name.replace(/\d+/g, "#")}`;
  };
  const alike = (tag, key) =>
    key === null ? [] : [...document.getElementsByTagName(tag)].filter((e) => keyOf(e) === key && isThere(e));

  const note = (e) => {
    const around = [], dialog = e.closest("[role=dialog]"), key = keyOf(e);
    for (let up = e.parentElement; up && up !== document.body; up = up.parentElement) around.push(up);
    // Behind a dialog that ends is where it was opened from.
    const before = dialog && (at?.dialog === dialog ? at.before : at);
    return { element: e, key, nth: alike(e.tagName, key).indexOf(e), around, dialog, before,
      isCurrent: e.hasAttribute("aria-current") };
  };

  const found = (was) => {
    if (isThere(was.element)) return was.element;
    const all = alike(was.element.tagName, was.key);
    return (was.isCurrent && all.find((e) => e.hasAttribute("aria-current"))) || all[Math.min(was.nth, all.length - 1)];
  };

  const look = () => {
    const lost = isLost();
    if (!lost && document.activeElement !== awaited?.stand) return;
    const was = awaited?.was ?? (at.before && !found(at) ? at.before : at), now = found(was);
    if (now) {
      awaited = null;
      now.focus();
    } else if (lost) {
      const stand = [...was.around, ...at.around].find(isThere);
      if (!stand) return;
      if (!stand.hasAttribute("tabindex")) stand.tabIndex = -1;
      awaited = { was, stand };
      stand.focus({ preventScroll: true });
      setTimeout(() => { if (awaited?.was === was) awaited = null; }, WAITS);
    }
  };

  document.addEventListener("focusin", ({ target }) => { at = note(target); });
  document.addEventListener("focusout", () => setTimeout(look, 50));
  document.addEventListener("keydown", () => { awaited = null; }, true);
  document.addEventListener("pointerdown", () => {
    awaited = null;
    setTimeout(() => { if (document.activeElement === document.body) at = null; });
  }, true);
  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
})();

window.focusOn = (id, tries = 40) => {
  const element = document.getElementById(id);
  if (element) element.focus();
  else if (tries) setTimeout(() => focusOn(id, tries - 1), 25);
};

// To the line to type in, also where the conversation is folded.
window.toTalk = () => {
  if (document.body.classList.contains("quiet")) toggleTalk();
};

// The record that is read comes into sight in its list; who is in the list stays with it.
window.toEntry = (number) => {
  const entry = document.querySelector(`.queue [data-number="${number}"]`);
  entry?.scrollIntoView({ block: "nearest" });
  if (document.activeElement?.closest(".queue")) entry?.focus();
};
