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

// Brings the file that was chosen to the server, then tells the screen under which key it is there.
window.sendFile = async (event, emit) => {
  const file = event.target.files[0];
  if (!file) return;
  emit({ begin: file.name });
  const headers = { "X-Name": encodeURIComponent(file.name) };
  try {
    const answer = await fetch("/upload", { method: "POST", body: file, headers });
    emit(await answer.json());
  } catch (error) {
    emit({ problem: `${file.name} could not be brought to the server: ${error.message}` });
  }
  event.target.value = "";
};

// What was done, for some seconds at the foot of the page; the same element is read out.
window.tell = (words, isProblem) => {
  const line = document.getElementById("told");
  line.textContent = words;
  line.className = isProblem ? "told problem" : "told";
  clearTimeout(window.tellEnds);
  window.tellEnds = setTimeout(() => { line.className = "told over"; }, isProblem ? 12000 : 5000);
};
