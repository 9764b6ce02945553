// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title Multicall3
/// @notice Twin of Multicall3, which has the same address on every chain.
/// @dev Reproduces: every function with its selector; the strings `Multicall3: call failed` and
/// `Multicall3: value mismatch`; the 32 bytes of padding after the first one in `aggregate3Value`; the hash of the
/// current block, which the EVM does not know and answers with 0.
/// Leaves out: the gas used; a `bool` other than 0 and 1 in `aggregate3` and `aggregate3Value`, which the original takes
/// for true and this contract refuses.
contract Multicall3 {
    struct Call {
        address target;
        bytes callData;
    }

    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Call3Value {
        address target;
        bool allowFailure;
        uint256 value;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    string private constant CALL_FAILED = "Multicall3: call failed";

    /// @notice Runs `calls`; all must succeed.
    function aggregate(
        Call[] calldata calls
    ) external payable returns (uint256 blockNumber, bytes[] memory returnData) {
        blockNumber = block.number;
        returnData = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            bool success;
            (success, returnData[i]) = calls[i].target.call(calls[i].callData);
            require(success, CALL_FAILED);
        }
    }

    /// @notice Runs `calls`; all must succeed where `requireSuccess`.
    function tryAggregate(
        bool requireSuccess,
        Call[] calldata calls
    ) public payable returns (Result[] memory returnData) {
        returnData = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory data) = calls[i].target.call(calls[i].callData);
            require(success || !requireSuccess, CALL_FAILED);
            returnData[i] = Result(success, data);
        }
    }

    /// @notice `tryAggregate` with the number and the hash of the block.
    function tryBlockAndAggregate(
        bool requireSuccess,
        Call[] calldata calls
    ) public payable returns (uint256 blockNumber, bytes32 blockHash, Result[] memory returnData) {
        return (block.number, blockhash(block.number), tryAggregate(requireSuccess, calls));
    }

    /// @notice Runs `calls`, all of which must succeed, and tells the number and the hash of the block.
    function blockAndAggregate(
        Call[] calldata calls
    ) external payable returns (uint256 blockNumber, bytes32 blockHash, Result[] memory returnData) {
        return tryBlockAndAggregate(true, calls);
    }

    /// @notice Runs `calls`; each must succeed unless it says that it may fail.
    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData) {
        returnData = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory data) = calls[i].target.call(calls[i].callData);
            require(success || calls[i].allowFailure, CALL_FAILED);
            returnData[i] = Result(success, data);
        }
    }

    /// @notice `aggregate3` with ETH for each call. What was sent must be the sum, whether or not the calls succeed.
    function aggregate3Value(Call3Value[] calldata calls) external payable returns (Result[] memory returnData) {
        returnData = new Result[](calls.length);
        uint256 sum;
        for (uint256 i = 0; i < calls.length; ++i) {
            uint256 value = calls[i].value;
            // The original's sum wraps as well: such a value cannot be paid.
            unchecked {
                sum += value;
            }
            (bool success, bytes memory data) = calls[i].target.call{ value: value }(calls[i].callData);
            if (!success && !calls[i].allowFailure) {
                bytes memory reason = bytes.concat(abi.encodeWithSignature("Error(string)", CALL_FAILED), bytes32(0));
                assembly ("memory-safe") {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
            returnData[i] = Result(success, data);
        }
        require(msg.value == sum, "Multicall3: value mismatch");
    }

    /// @notice Returns the hash of one of the 256 blocks before this one, otherwise 0.
    function getBlockHash(uint256 blockNumber) external view returns (bytes32 blockHash) {
        return blockhash(blockNumber);
    }

    /// @notice Returns the number of the block: on Arbitrum an estimate of Ethereum's, on the localnet its own.
    function getBlockNumber() external view returns (uint256 blockNumber) {
        return block.number;
    }

    /// @notice Returns who receives the fees of the block.
    function getCurrentBlockCoinbase() external view returns (address coinbase) {
        return block.coinbase;
    }

    /// @notice Returns the randomness of the block, once its difficulty.
    function getCurrentBlockDifficulty() external view returns (uint256 difficulty) {
        return block.prevrandao;
    }

    /// @notice Returns the gas limit of the block.
    function getCurrentBlockGasLimit() external view returns (uint256 gaslimit) {
        return block.gaslimit;
    }

    /// @notice Returns the time of the block in seconds.
    function getCurrentBlockTimestamp() external view returns (uint256 timestamp) {
        return block.timestamp;
    }

    /// @notice Returns the balance of `addr` in wei.
    function getEthBalance(address addr) external view returns (uint256 balance) {
        return addr.balance;
    }

    /// @notice Returns the hash of the block before this one.
    function getLastBlockHash() external view returns (bytes32 blockHash) {
        unchecked {
            return blockhash(block.number - 1);
        }
    }

    /// @notice Returns the base fee of the block in wei.
    function getBasefee() external view returns (uint256 basefee) {
        return block.basefee;
    }

    /// @notice Returns the id of the chain.
    function getChainId() external view returns (uint256 chainid) {
        return block.chainid;
    }
}
