// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { DodoApproveProxy } from "./DodoApprove.sol";
import { IDodoAdapter } from "./DodoV2Adapter.sol";

/// @notice Wrapped ether.
interface IDodoWeth {
    function deposit() external payable;
    function withdraw(uint256 amount) external;
}

/// @title DodoFeeRouteProxy
/// @notice Twin of DODOEX/dodo-route-contract `SmartRoute/DODORouteProxy.sol`, the generation whose `externalSwap` takes 9 and
/// whose `mixSwap` takes 11 parameters.
/// @dev Reproduces: checks, their order and their strings (`DODORouteProxy: …`, `ETH_VALUE_WRONG`, `Ownable: …`,
/// `SafeERC20: …`, `Address: call to non-contract`), Panic(0x11) for an empty `assetTo` and Panic(0x32) for short
/// `moreInfos`, no data for `feeData` that does not decode; both whitelists; the allowance that is raised to the maximum
/// before the tokens are claimed, and stays; the output measured as a difference of balances, ETH as WETH; both fees taken
/// from the output before the minimum is checked; a token's own reason passed on; the fallback that accepts any call and
/// any value and does nothing; events.
///
/// Leaves out: `dodoMutliSwap` and its `totalWeight`. A call of it reaches the fallback.
contract DodoFeeRouteProxy {
    address private constant ETH = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;
    uint256 private constant ONE = 1e18;

    address public immutable _WETH_;
    address public immutable _DODO_APPROVE_PROXY_;
    address public owner;
    mapping(address target => bool listed) public isWhiteListedContract;
    mapping(address target => bool listed) public isApproveWhiteListedContract;
    /// @notice DODO's part of the output, with 18 decimals: 0.15 % until the owner changes it.
    uint256 public routeFeeRate = 0.0015e18;
    address public routeFeeReceiver;

    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event OrderHistory(address fromToken, address toToken, address sender, uint256 fromAmount, uint256 returnAmount);

    modifier onlyOwner() {
        require(owner == msg.sender, "Ownable: caller is not the owner");
        _;
    }

    modifier judgeExpired(uint256 deadLine) {
        require(deadLine >= block.timestamp, "DODORouteProxy: EXPIRED");
        _;
    }

    fallback() external payable {}

    receive() external payable {}

    constructor(address payable weth, address dodoApproveProxy, address feeReceiver) {
        _setOwner(msg.sender);
        require(feeReceiver != address(0), "DODORouteProxy: feeReceiver invalid");
        require(dodoApproveProxy != address(0), "DODORouteProxy: dodoApproveProxy invalid");
        require(weth != address(0), "DODORouteProxy: weth address invalid");
        _WETH_ = weth;
        _DODO_APPROVE_PROXY_ = dodoApproveProxy;
        routeFeeReceiver = feeReceiver;
    }

    /* OWNER */

    function addWhiteList(address contractAddr) external onlyOwner {
        isWhiteListedContract[contractAddr] = true;
    }

    function removeWhiteList(address contractAddr) external onlyOwner {
        isWhiteListedContract[contractAddr] = false;
    }

    function addApproveWhiteList(address contractAddr) external onlyOwner {
        isApproveWhiteListedContract[contractAddr] = true;
    }

    function removeApproveWhiteList(address contractAddr) external onlyOwner {
        isApproveWhiteListedContract[contractAddr] = false;
    }

    function changeRouteFeeRate(uint256 newFeeRate) external onlyOwner {
        require(newFeeRate < ONE, "DODORouteProxy: newFeeRate overflowed");
        routeFeeRate = newFeeRate;
    }

    function changeRouteFeeReceiver(address newFeeReceiver) external onlyOwner {
        require(newFeeReceiver != address(0), "DODORouteProxy: feeReceiver invalid");
        routeFeeReceiver = newFeeReceiver;
    }

    /// @notice Pays what was left in the proxy to the receiver of the fees.
    function superWithdraw(address token) external onlyOwner {
        uint256 amount = token == ETH ? address(this).balance : _balance(token);
        _pay(token, routeFeeReceiver, amount);
    }

    function renounceOwnership() external onlyOwner {
        _setOwner(address(0));
    }

    function transferOwnership(address newOwner) external onlyOwner {
        require(newOwner != address(0), "Ownable: new owner is the zero address");
        _setOwner(newOwner);
    }

    /* SWAPS */

    /// @notice Swaps through a whitelisted contract with the caller's own calldata.
    function externalSwap(
        address fromToken,
        address toToken,
        address approveTarget,
        address swapTarget,
        uint256 fromTokenAmount,
        uint256 minReturnAmount,
        bytes memory feeData,
        bytes memory callDataConcat,
        uint256 deadLine
    ) external payable judgeExpired(deadLine) returns (uint256 receiveAmount) {
        require(isWhiteListedContract[swapTarget], "DODORouteProxy: Not Whitelist Contract");
        require(isApproveWhiteListedContract[approveTarget], "DODORouteProxy: Not Whitelist Appprove Contract");
        if (fromToken != ETH) {
            if (approveTarget != address(0)) _approveMax(fromToken, approveTarget, fromTokenAmount);
            _claim(fromToken, address(this), fromTokenAmount);
        } else {
            require(msg.value == fromTokenAmount, "DODORouteProxy: invalid ETH amount");
        }

        uint256 before = _balance(_wrapped(toToken));
        require(swapTarget != _DODO_APPROVE_PROXY_, "DODORouteProxy: Risk Target");
        (bool success, bytes memory returned) = swapTarget.call{ value: fromToken == ETH ? fromTokenAmount : 0 }(
            callDataConcat
        );
        if (!success) _revertWith(returned);

        receiveAmount = _balance(_wrapped(toToken)) - before;
        receiveAmount = _distribute(toToken, receiveAmount, feeData, minReturnAmount);
        emit OrderHistory(fromToken, toToken, msg.sender, fromTokenAmount, receiveAmount);
    }

    /// @notice Swaps through a chain of pools, each called through its adapter. Bit n of `directions` says whether hop n sells
    /// base (0) or quote (1).
    function mixSwap(
        address fromToken,
        address toToken,
        uint256 fromTokenAmount,
        uint256 minReturnAmount,
        address[] memory mixAdapters,
        address[] memory mixPairs,
        address[] memory assetTo,
        uint256 directions,
        bytes[] memory moreInfos,
        bytes memory feeData,
        uint256 deadLine
    ) external payable judgeExpired(deadLine) returns (uint256 receiveAmount) {
        require(mixPairs.length > 0, "DODORouteProxy: PAIRS_EMPTY");
        require(mixPairs.length == mixAdapters.length, "DODORouteProxy: PAIR_ADAPTER_NOT_MATCH");
        require(mixPairs.length == assetTo.length - 1, "DODORouteProxy: PAIR_ASSETTO_NOT_MATCH");
        require(minReturnAmount > 0, "DODORouteProxy: RETURN_AMOUNT_ZERO");

        uint256 before = _balance(_wrapped(toToken));
        _deposit(fromToken, assetTo[0], fromTokenAmount);
        for (uint256 n = 0; n < mixPairs.length; n++) {
            if ((directions >> n) & 1 == 0) {
                IDodoAdapter(mixAdapters[n]).sellBase(assetTo[n + 1], mixPairs[n], moreInfos[n]);
            } else {
                IDodoAdapter(mixAdapters[n]).sellQuote(assetTo[n + 1], mixPairs[n], moreInfos[n]);
            }
        }
        receiveAmount = _balance(_wrapped(toToken)) - before;

        receiveAmount = _distribute(toToken, receiveAmount, feeData, minReturnAmount);
        emit OrderHistory(fromToken, toToken, msg.sender, fromTokenAmount, receiveAmount);
    }

    /* MONEY */

    function _deposit(address token, address to, uint256 amount) private {
        if (token != ETH) {
            _claim(token, to, amount);
        } else if (amount > 0) {
            require(msg.value == amount, "ETH_VALUE_WRONG");
            IDodoWeth(_WETH_).deposit{ value: amount }();
            if (to != address(this)) _callToken(_WETH_, abi.encodeCall(IERC20.transfer, (to, amount)));
        }
    }

    function _claim(address token, address to, uint256 amount) private {
        DodoApproveProxy(_DODO_APPROVE_PROXY_).claimTokens(token, msg.sender, to, amount);
    }

    /// @dev Pays both fees and the rest to the caller. The fees leave before the minimum is checked.
    function _distribute(
        address toToken,
        uint256 received,
        bytes memory feeData,
        uint256 minReturnAmount
    ) private returns (uint256) {
        address token = _wrapped(toToken);
        (address broker, uint256 brokerFeeRate) = abi.decode(feeData, (address, uint256));
        require(brokerFeeRate < ONE, "DODORouteProxy: brokerFeeRate overflowed");

        uint256 routeFee = (received * routeFeeRate) / ONE;
        _pay(token, routeFeeReceiver, routeFee);
        uint256 brokerFee = (received * brokerFeeRate) / ONE;
        _pay(token, broker, brokerFee);

        uint256 rest = received - routeFee - brokerFee;
        require(rest >= minReturnAmount, "DODORouteProxy: Return amount is not enough");
        if (toToken == ETH) IDodoWeth(_WETH_).withdraw(rest);
        _pay(toToken, msg.sender, rest);
        return rest;
    }

    function _wrapped(address token) private view returns (address) {
        return token == ETH ? _WETH_ : token;
    }

    function _balance(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    function _pay(address token, address to, uint256 amount) private {
        if (amount == 0) return;
        if (token == ETH) {
            // No gas beyond the stipend of a value transfer: a receiver that needs more reverts.
            (bool success, bytes memory returned) = to.call{ value: amount, gas: 0 }("");
            if (!success) _revertWith(returned);
        } else {
            _callToken(token, abi.encodeCall(IERC20.transfer, (to, amount)));
        }
    }

    function _approveMax(address token, address spender, uint256 amount) private {
        uint256 allowance = IERC20(token).allowance(address(this), spender);
        if (allowance >= amount) return;
        if (allowance > 0) _callToken(token, abi.encodeCall(IERC20.approve, (spender, 0)));
        require(
            IERC20(token).allowance(address(this), spender) == 0,
            "SafeERC20: approve from non-zero to non-zero allowance"
        );
        _callToken(token, abi.encodeCall(IERC20.approve, (spender, type(uint256).max)));
    }

    function _callToken(address token, bytes memory data) private {
        require(token.code.length > 0, "Address: call to non-contract");
        (bool success, bytes memory returned) = token.call(data);
        if (!success) {
            require(returned.length > 0, "SafeERC20: low-level call failed");
            _revertWith(returned);
        }
        if (returned.length > 0) {
            require(abi.decode(returned, (bool)), "SafeERC20: ERC20 operation did not succeed");
        }
    }

    function _revertWith(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }

    function _setOwner(address newOwner) private {
        address previousOwner = owner;
        owner = newOwner;
        emit OwnershipTransferred(previousOwner, newOwner);
    }
}
