using System;
using System.Collections.Generic;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>Parts of imported files: blocks, tables, enums and layouts that several protocols share.</summary>
internal sealed partial class SpecEmitter
{
    private readonly Dictionary<object, int> _origins = [];
    private readonly HashSet<object> _imported = [];

    /// <summary>Adds the parts of the n-th imported file; a spec's own parts of the same name win, then those of the file that stands first.</summary>
    internal void Import(SpecNode library, int number)
    {
        foreach (BlockNode block in library.Blocks.Where(b => !_spec.Blocks.Exists(x => x.Name == b.Name))) Take(_spec.Blocks, block, number);
        foreach (TableNode table in library.Tables.Where(b => !_spec.Tables.Exists(x => x.Name == b.Name))) Take(_spec.Tables, table, number);
        foreach (EnumNode node in library.Enums.Where(b => !_spec.Enums.Exists(x => x.Name == b.Name))) Take(_spec.Enums, node, number);
        foreach (LayoutNode layout in library.Layouts.Where(b => !_spec.Layouts.Exists(x => x.Name == b.Name))) Take(_spec.Layouts, layout, number);
    }

    private void Take<T>(List<T> list, T part, int number) where T : class
    {
        list.Add(part);
        _imported.Add(part);
        _origins[part] = number;
    }

    // What is not used of a file is no matter; a file of which nothing is used is.
    private void CheckImports()
    {
        if (HasErrors) return;
        for (int i = 0; i < _spec.Imports.Count; i++)
        {
            int number = i + 1;
            bool used = _spec.Blocks.Exists(b => b.Used && IsFrom(b, number)) || _spec.Tables.Exists(t => t.Used && IsFrom(t, number))
                || _spec.Enums.Exists(e => e.Used && IsFrom(e, number)) || _spec.Layouts.Exists(l => l.Used && IsFrom(l, number));
            if (!used) Report(Ids.Unused, _spec.Imports[i].At, $"nothing of '{_spec.Imports[i].Path}' is used; delete the import");
        }
    }

    private bool IsFrom(object part, int number) => _origins.TryGetValue(part, out int origin) && origin == number;

    // In the trace and in refusals a line of an imported file is the line that imports it.
    private int OwnLine(int line) => line <= SpecCompiler.LinesPerFile ? line : _spec.Imports[line / SpecCompiler.LinesPerFile - 1].At.Line;
}
