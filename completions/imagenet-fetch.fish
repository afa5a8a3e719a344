# fish completion for imagenet-fetch, made by "imagenet-fetch generate fish".

# The words typed so far that belong to no option.
function __imagenet_fetch_words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
        else if contains -- $word --dataset --manifest --data --state --torrent-dir --config --progress --format --val-labels --aux-dir --only --checksums --classes --per-class --val --test --seed
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# Whether these words stand first; alone, if nothing else is there.
function __imagenet_fetch_in
    set -l words (__imagenet_fetch_words)
    test (count $words) -ge (count $argv); or return 1
    for index in (seq (count $argv))
        test $words[$index] = $argv[$index]; or return 1
    end
end

function __imagenet_fetch_only
    test (count (__imagenet_fetch_words)) -eq (count $argv); and __imagenet_fetch_in $argv
end

complete -c imagenet-fetch -f
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a labels -d 'classes: ILSVRC id, WNID, rank, words; convert between them'
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a manifest
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a torrent
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a sample -d 'a small ImageNet-shaped data set, for trying things out'
complete -c imagenet-fetch -n '__imagenet_fetch_only manifest' -a show -d 'the data sets known, and their files'
complete -c imagenet-fetch -n '__imagenet_fetch_only manifest' -a check -d 'is a manifest of one\'s own sound'
complete -c imagenet-fetch -n '__imagenet_fetch_only torrent' -a show -d 'what a .torrent says'
complete -c imagenet-fetch -n '__imagenet_fetch_only torrent' -a add -d 'take a .torrent in, checked against the pin'
complete -c imagenet-fetch -l dataset -x  -d 'the data set (ilsvrc2012, ilsvrc2017)'
complete -c imagenet-fetch -l manifest -x -a '(__fish_complete_path (commandline -ct))' -d 'a manifest or checksum list of your own'
complete -c imagenet-fetch -l data -x -a '(__fish_complete_directories (commandline -ct))' -d 'the folder that holds everything (data)'
complete -c imagenet-fetch -l state -x -a '(__fish_complete_directories (commandline -ct))' -d 'the folder for receipts and journals'
complete -c imagenet-fetch -l torrent-dir -x -a '(__fish_complete_directories (commandline -ct))' -d 'a folder with .torrent files'
complete -c imagenet-fetch -l config -x -a '(__fish_complete_path (commandline -ct))' -d 'read options from this file'
complete -c imagenet-fetch -s y -l yes -d 'ask nothing'
complete -c imagenet-fetch -l no-yes -d 'ask nothing'
complete -c imagenet-fetch -l json -d 'results as JSON, one object a line'
complete -c imagenet-fetch -l no-json -d 'results as JSON, one object a line'
complete -c imagenet-fetch -l quiet -d 'say nothing but results and errors'
complete -c imagenet-fetch -l no-quiet -d 'say nothing but results and errors'
complete -c imagenet-fetch -l verbose -d 'say more of what is done'
complete -c imagenet-fetch -l no-verbose -d 'say more of what is done'
complete -c imagenet-fetch -l progress -x -a 'auto always never' -d 'when to show progress'
complete -c imagenet-fetch -s h -l help -d 'show help: -h in short, --help in full'
complete -c imagenet-fetch -l version -d 'show the version'
complete -c imagenet-fetch -n '__imagenet_fetch_in labels' -l format -x -a 'ids wnids synsets gist keras json' -d 'the form of the list'
complete -c imagenet-fetch -n '__imagenet_fetch_in labels' -l val-labels -x -a '(__fish_complete_path (commandline -ct))' -d 'take the validation labels from this file'
complete -c imagenet-fetch -n '__imagenet_fetch_in labels' -l aux-dir -x -a '(__fish_complete_directories (commandline -ct))' -d 'a folder of text files as how-to-imagenet has it'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l only-train -d 'only the training images'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l only-val -d 'only the validation images'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l only-test -d 'only the test images'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l only -x  -d 'only these parts or files'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l all -d 'all files of the data set'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l checksums -x -a 'md5 sha1 sha256 xxh64' -d 'print a checksum list instead'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest check' -a '(__fish_complete_path (commandline -ct))'
complete -c imagenet-fetch -n '__imagenet_fetch_in torrent show' -a '(__fish_complete_path (commandline -ct))'
complete -c imagenet-fetch -n '__imagenet_fetch_in torrent add' -l trust-torrent -d 'accept a torrent that no manifest pins'
complete -c imagenet-fetch -n '__imagenet_fetch_in torrent add' -a '(__fish_complete_path (commandline -ct))'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -l classes -x  -d 'classes to make (10)'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -l per-class -x  -d 'training images for each class (20)'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -l val -x  -d 'validation images (50)'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -l test -x  -d 'test images (50)'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -l seed -x  -d 'the number that decides every byte (42)'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -a '(__fish_complete_directories (commandline -ct))'
