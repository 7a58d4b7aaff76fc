"""Tools that need something first: regions from a file, tools of other packages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from o3d_paint.core.selection.photo_tool import PhotoTool
from o3d_paint.io.region_masks import RegionImport, load_regions
from o3d_paint.project.jobs import Report
from o3d_paint.project.photo_tools import photo_tools
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.files import FileDialogs
from o3d_paint.ui.frames import CardFrame
from o3d_paint.ui.notices import BackgroundWork, Notices
from o3d_paint.ui.panels.menu import Menu, MenuEntry

__all__ = ["ExtraTools"]

_SETTING = "regions"
_NO_PLUGINS = (
    "No installed package offers a tool (entry points o3d_paint.tools); scripts/examples has one"
    " for segmentation from clicks"
)


class ExtraTools:
    """Regions and plug-in tools of one open scene.

    Args:
        editor: Of the scene.
        frame: Where questions and menus open.
        notices: Tells the user.
        background: Reads regions.
        files: Asks for names.
        regions: File or folder of regions named at the start; None takes the project's last ones.
    """

    def __init__(
        self,
        editor: Editor,
        frame: CardFrame,
        *,
        notices: Notices,
        background: BackgroundWork,
        files: FileDialogs,
        regions: Path | None,
    ) -> None:
        self._editor = editor
        self._project = editor.project
        self._frame = frame
        self._notices = notices
        self._background = background
        self._files = files
        report = notices.report
        self._disconnect = [
            editor.regions.changed.connect(self._show_anew),
            editor.regions.failed.connect(report),
            editor.plugin.changed.connect(self._show_anew),
            editor.plugin.failed.connect(report),
            editor.plugin.progressed.connect(self._progressed),
        ]
        known = self._project.settings.get(_SETTING)
        if regions is not None:
            self._read_regions(regions)
        elif isinstance(known, str) and Path(known).exists():
            self._read_regions(Path(known), is_known=True)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what commands do, by id."""
        return {
            "region": self._choose_region,
            "open_regions": self._ask_regions,
            "plugin": self._choose_plugin,
        }

    def close(self) -> None:
        """Stop listening, and leave a tool at work behind."""
        for disconnect in self._disconnect:
            disconnect()
        self._editor.plugin.close()

    def _choose_region(self) -> None:
        editor = self._editor
        if not editor.regions.frames:
            self._ask_regions()
            return
        editor.choose_tool("region")
        if editor.state.open_idx is not None:
            editor.regions.request(editor.state.open_idx)

    def _ask_regions(self) -> None:
        """Ask for a file or folder of regions."""

        def accept(text: str) -> str:
            path = Path(text.strip()).expanduser().absolute()
            if not text.strip() or not path.exists():
                return f"There is no {path.name or 'such file'}"
            self._read_regions(path)
            return ""

        initial = self._project.settings.get(_SETTING) or str(Path.cwd())
        self._frame.popups.ask_text(
            "Regions of Segment Anything",
            "Automatic masks: a JSON or NPY file of one photo, or a folder of them.",
            "Open",
            initial=str(initial),
            accept=accept,
            others={"Browse…": partial(self._files.choose_regions, Path.cwd(), self._read_regions)},
        )

    def _read_regions(self, path: Path, *, is_known: bool = False) -> None:
        """Find out off the UI thread what a file holds; the regions are decoded photo by photo."""
        editor, open_idx = self._editor, self._editor.state.open_idx

        def work(_report: Report) -> RegionImport:
            return load_regions(path, self._project.scene, open_idx=open_idx)

        def done(found: RegionImport) -> None:
            editor.regions.set_readers(found.readers)
            if is_known:
                return
            self._project.set_setting(_SETTING, str(path))
            editor.choose_tool("region")
            count = len(found.readers)
            photos = "1 photo" if count == 1 else f"{count} photos"
            for sentence in found.notes:
                self._notices.toast(sentence)
            self._notices.toast(f"Regions for {photos}: a click gives one the chosen class", "good")

        # Those of the last time may be gone since; the user did not ask for them now.
        failed = (lambda _: None) if is_known else None
        self._background.run("regions", work, done, failed=failed)

    def _choose_plugin(self) -> None:
        """Take the only tool that there is, or let the user choose."""
        tools, popups = photo_tools(), self._frame.popups
        if not tools:
            self._notices.toast(_NO_PLUGINS)
        elif len(tools) == 1:
            self._use(next(iter(tools.values())))
        else:
            entries = tuple(MenuEntry(name, _title(tool), "") for name, tool in tools.items())

            def choose(name: str) -> None:
                popups.close()
                self._use(tools[name])

            menu = Menu(choose, popups.close)
            menu.set_model(entries)
            frame = self._frame.place_of("options")
            popups.open(menu, anchor=(frame.x + frame.width // 4, frame.y + frame.height))

    def _use(self, tool: PhotoTool) -> None:
        editor = self._editor
        editor.cancel()
        editor.plugin.tool = tool
        editor.choose_tool("plugin")
        self._notices.say(f"{_title(tool)}: {tool.hint}" if tool.hint else _title(tool))

    def _progressed(self, share: float | None) -> None:
        tool = self._editor.plugin.tool
        title = tool.title if tool is not None else "Tool"
        self._notices.show_progress(None if share is None else title, share or 0.0)

    def _show_anew(self) -> None:
        self._editor.sketch_changed.emit()


def _title(tool: PhotoTool) -> str:
    return f"{tool.title} (experimental)" if tool.is_experimental else tool.title
