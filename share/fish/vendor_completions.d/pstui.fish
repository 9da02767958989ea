function __pstui_complete
    set -l before (commandline -opc)
    pstui completion --words (count $before) -- $before (commandline -ct) 2>/dev/null
end
complete -c pstui -a '(__pstui_complete)'
