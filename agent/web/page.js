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
